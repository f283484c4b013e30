import type { Done } from "../call.ts";
import type { Desk } from "../desk.ts";
import type { HttpAnswer } from "../login.ts";
import { refuse } from "../refusal.ts";

/** A file that a person sent: its address is enough, and no token belongs there (docs: send and receive files). */
export function download(desk: Desk, id: string, query: URLSearchParams, authorization: string | undefined): HttpAnswer {
  if (authorization !== undefined) desk.violation("the bot's token was sent to a file store");
  return query.get("tempauth") === "1" ? sendFile(desk, id) : refuse(401, "unauthenticated", "The address has no authentication");
}

/** A picture in a message; the caller has shown the bot's token. */
export function readImage(desk: Desk, id: string): HttpAnswer {
  return sendFile(desk, id);
}

function sendFile({ tenant }: Desk, id: string): HttpAnswer {
  const file = tenant.files.get(id);
  if (file === undefined) return refuse(404, "itemNotFound", "There is no such file");
  return { status: 200, headers: { "content-type": file.mediaType }, body: file.bytes };
}

/** The bytes of a file that a person has allowed, in one piece (docs: upload to an upload session). */
export function upload(desk: Desk, id: string, bytes: Buffer, range: string | undefined, authorization: string | undefined): Done {
  const { tenant } = desk;
  if (authorization !== undefined) desk.violation("the bot's token was sent to a file store");
  const name = tenant.uploads.get(id);
  if (name === undefined) return refuse(404, "itemNotFound", "There is no such upload");
  if (range !== `bytes 0-${bytes.length - 1}/${bytes.length}`) {
    desk.violation("an upload without the range of its bytes");
    return refuse(400, "invalidRange", "Content-Range does not fit");
  }
  tenant.files.set(id, { name, mediaType: "application/octet-stream", bytes });
  tenant.changed();
  return { status: 201, body: { id, name } };
}
