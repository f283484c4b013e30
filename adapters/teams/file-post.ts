import { DeliveryError } from "../../src/model/errors.ts";
import { toSize } from "../../src/model/size.ts";
import type { FilePart } from "../shared/files.ts";
import type { TeamsAddress } from "./address.ts";
import type { Message } from "./connector.ts";
import { toMessage } from "./render.ts";

/** Bytes of a picture that stands in the message itself: as base64 it must fit into the 100 KB (of UTF-16) that Teams takes. */
const pictureLimit = 34_000;
const pictures = ["image/png", "image/jpeg", "image/gif"];

/**
 * A file as Teams shows it: a small picture in the message, anywhere; in a personal chat a card that asks its person whether the file may
 * be put into their OneDrive. Throws `fileRefused` where there is neither.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
 */
export function toFilePost(file: FilePart, { kind }: TeamsAddress, deliveryId: string, local: boolean): Message {
  const bytes = file.bytes ?? "";
  const size = Buffer.byteLength(bytes, "base64");
  if (size === 0) throw new DeliveryError("fileRefused", "the file is empty", { explanation: "it is empty" });
  if (isPicture(file)) {
    const { entities } = toMessage({ parts: [file], tone: "answer" }, false, deliveryId);
    const picture = { contentType: file.mediaType, contentUrl: `data:${file.mediaType};base64,${bytes}`, name: file.name };
    return { type: "message", text: "", textFormat: "markdown", attachments: [picture], ...(entities && { entities }) };
  }
  if (kind === "personal" && !local) return toConsentCard(file.name, size, deliveryId);
  const explanation = "outside of personal chats Teams takes only small pictures from bots";
  throw new DeliveryError("fileRefused", `no place for a file: ${explanation}`, { explanation });
}

/** Whether a file is shown in the message itself. */
export function isPicture({ mediaType, bytes = "" }: FilePart): boolean {
  return pictures.includes(mediaType) && Buffer.byteLength(bytes, "base64") <= pictureLimit;
}

function toConsentCard(name: string, sizeInBytes: number, delivery: string): Message {
  const context = { a2aDelivery: delivery };
  const content = { description: `From the agent, ${toSize(sizeInBytes)}`, sizeInBytes, acceptContext: context, declineContext: context };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.teams.card.file.consent", name, content }] };
}
