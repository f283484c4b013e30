import { z } from "zod";
import type { Directory } from "../../src/model/adapter.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import { type TeamsAddress, toThread } from "./address.ts";
import type { Connector, Message } from "./connector.ts";
import type { Hosts } from "./hosts.ts";
import type { Places } from "./places.ts";
import type { InTurn } from "./turns.ts";

/** What somebody has said to a card that asks for a file (see `file-post.ts`). */
export interface Consent {
  /** The message with the card. */
  readonly message: string;
  /** The client's word, to be held against the ledger. */
  readonly delivery: string;
  /** Where the file goes; absent where it was declined. */
  readonly upload: Upload | undefined;
}

type Upload = z.output<typeof uploadSchema>;

const uploadSchema = z.object({
  uploadUrl: z.string(),
  contentUrl: z.string(),
  name: z.string(),
  uniqueId: z.string(),
  fileType: z.string().nullish(),
});
const consentSchema = z.object({
  type: z.literal("fileUpload"),
  action: z.enum(["accept", "decline"]),
  context: z.object({ a2aDelivery: z.string().min(1).max(2_000) }),
  uploadInfo: uploadSchema.nullish().catch(undefined),
});

/** Reads the value of an invoke `fileConsent/invoke`; undefined for anything but an answer to our card. */
export function toConsent(value: unknown, message: string | null | undefined): Consent | undefined {
  const said = consentSchema.safeParse(value).data;
  if (!said || !message || (said.action === "accept" && !said.uploadInfo)) return undefined;
  return { message, delivery: said.context.a2aDelivery, upload: said.action === "accept" ? (said.uploadInfo ?? undefined) : undefined };
}

export interface ConsentOptions {
  readonly connector: Connector;
  readonly places: Places;
  readonly inTurn: InTurn;
  readonly hosts: Hosts;
  readonly fetch: typeof fetch;
  readonly openStore: OpenStore;
  readonly directory: () => Directory | undefined;
}

/** How long an answer is remembered, so that its repetition does nothing. Milliseconds. */
const keptMs = 86_400_000;
/** Teams waits 15 seconds for the answer to an invoke. Milliseconds. */
const timeout = 10_000;

/**
 * Puts the file where its person has allowed it, and the card's place is taken by the file. Nothing is remembered between card and answer
 * but the ledger's own row. Rejects where another try may help: then the card stays, and can be pressed again.
 */
export function createConsents(options: ConsentOptions): (address: TeamsAddress, consent: Consent, signal: AbortSignal) => Promise<void> {
  const { connector, places, inTurn } = options;
  const answered = options.openStore<string>("teams-consents");
  return async (given, consent, signal) => {
    const key = `${given.tenant}:${given.conversation}:${consent.message}`;
    const before = await answered.get(key);
    if (before === "answered") return;
    const address = await places.current(given);
    const uploaded = consent.upload !== undefined && before === "uploaded";
    const message = uploaded ? toInfo(consent.upload) : await answer(options, address, consent, signal);
    // The store takes a file once: what goes wrong from here on must not bring it again.
    if (message.attachments) await answered.set(key, "uploaded", keptMs);
    await inTurn(address, signal, () => connector.update(address, consent.message, message, signal));
    await answered.set(key, "answered", keptMs);
  };
}

async function answer(
  options: ConsentOptions,
  address: TeamsAddress,
  { delivery, upload }: Consent,
  signal: AbortSignal,
): Promise<Message> {
  if (!upload) return say("The file was declined.");
  const file = await options.directory()?.file(delivery, toThread(address));
  if (!file) return say("This file is not kept any more.");
  if (!options.hosts.isFile(upload.uploadUrl)) return say("The file could not be put into your OneDrive.");
  if (!(await put(options.fetch, upload.uploadUrl, file.bytes, signal))) return say("The file could not be put into your OneDrive.");
  return toInfo(upload);
}

function toInfo({ contentUrl, name, uniqueId, fileType }: Upload): Message {
  const content = { uniqueId, fileType: fileType ?? "" };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.teams.card.file.info", contentUrl, name, content }] };
}

const say = (text: string): Message => ({ type: "message", text, textFormat: "markdown" });

/**
 * In one piece, to an address that carries its own proof: the bot's token does not go there. False where the store does not take it.
 * https://learn.microsoft.com/graph/api/driveitem-createuploadsession
 */
async function put(fetchWith: typeof fetch, url: string, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  const headers = { "content-type": "application/octet-stream", "content-range": `bytes 0-${bytes.byteLength - 1}/${bytes.byteLength}` };
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  const body = new Uint8Array(bytes);
  const response = await fetchWith(url, { method: "PUT", headers, body, redirect: "manual", signal: until }).catch((cause: unknown) => {
    throw new DeliveryError("unavailable", "upload: the file did not arrive", { cause });
  });
  await response.body?.cancel().catch(() => undefined); // what else the store says does not matter
  if (response.status >= 500 || response.status === 429) throw new DeliveryError("unavailable", `upload: HTTP ${response.status}`);
  return response.ok;
}
