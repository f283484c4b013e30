import { DeliveryError } from "../../src/model/errors.ts";
import type { Reply, ReplyPart } from "../../src/model/reply.ts";
import { toSize } from "../../src/model/size.ts";
import { type FilePart, fileOf, splitFiles } from "../shared/files.ts";
import { toPartMarkdown } from "../shared/part.ts";
import { splitMarkdown } from "../shared/split.ts";
import { type Row, toRows } from "./components.ts";
import { toDiscordMarkdown } from "./markdown.ts";

/** Discord takes 2,000 characters in a message. https://discord.com/developers/docs/resources/message#create-message */
const postLimit = 2_000;
/** An answer of more messages than these is a file to read, with its beginning shown. */
const mostPosts = 4;
/** Bytes of all files of a message; 10 MB are taken everywhere. */
const fileLimit = 9_000_000;
const mostFiles = 10;

/** SUPPRESS_EMBEDS: no pictures and previews of pages that an agent names. */
const quiet = 4;

/** Nobody is called, whatever stands in the text. https://discord.com/developers/docs/resources/message#allowed-mentions-object */
export const callsNobody = { parse: [], replied_user: false } as const;

/** What a message of ours says. */
export interface DiscordMessage {
  readonly content: string;
  readonly components: readonly Row[];
  readonly allowed_mentions: typeof callsNobody;
  readonly flags: number;
  readonly files: readonly { readonly name: string; readonly contentType: string; readonly data: Buffer }[];
}

const isFile = (part: ReplyPart): part is Extract<ReplyPart, { kind: "file" }> & { readonly bytes: string } =>
  part.kind === "file" && part.bytes !== undefined;

/**
 * Pure: see `Adapter.split`. Pieces are texts, and files one by one; the first text alone takes the place of a live message, and the last
 * piece of the words carries the choices. Of a long answer the beginning is shown, and the whole of it is a file.
 */
export function splitReply(reply: Reply): readonly Reply[] {
  const { words, files } = splitFiles(reply);
  return [...(words ? splitWords(words) : []), ...files];
}

function splitWords(reply: Reply): readonly Reply[] {
  const { replaces, choices, parts, ...rest } = reply;
  const text = toText({ parts });
  const cut = splitMarkdown(text, postLimit);
  const isLong = cut.length > mostPosts;
  const texts = isLong
    ? splitMarkdown(text, postLimit - more.length)
        .slice(0, 1)
        .map((piece) => piece + more)
    : cut;
  const pieces: readonly ReplyPart[] = [
    ...texts.map((piece) => ({ kind: "text", text: piece }) as const),
    ...(isLong ? [toAnswerFile(text)] : []),
  ];
  return pieces.map((piece, index) => ({
    ...rest,
    parts: [piece],
    ...(index === 0 && replaces && { replaces }),
    ...(index === pieces.length - 1 && choices && { choices }),
  }));
}

const nothing = "*(no text)*";
const more = "\n\n-# The whole answer is in the file.";

function toAnswerFile(text: string): ReplyPart {
  return { kind: "file", name: "answer.md", mediaType: "text/markdown", bytes: Buffer.from(text, "utf8").toString("base64") };
}

/** A message for Discord. `buttons`: its rows, which take away those that stood there. */
export function toMessage(reply: Pick<Reply, "parts">, buttons: readonly Row[] = []): DiscordMessage {
  const files = toFiles(reply.parts);
  return {
    content: toText(reply),
    components: buttons,
    allowed_mentions: callsNobody,
    flags: quiet,
    files: files.map(({ name, mediaType, bytes }) => ({ name, contentType: mediaType, data: Buffer.from(bytes, "base64") })),
  };
}

/** Throws `fileRefused` for a post of a file that Discord does not take. */
export function checkFile(reply: Pick<Reply, "parts">): void {
  const file = fileOf(reply);
  const explanation = file && whyNot(file);
  if (explanation !== undefined) throw new DeliveryError("fileRefused", `the file is refused: ${explanation}`, { explanation });
}

function whyNot({ bytes = "" }: FilePart): string | undefined {
  const size = Buffer.byteLength(bytes, "base64");
  if (size === 0) return "it is empty";
  return size > fileLimit ? `Discord takes no file larger than ${toSize(fileLimit)}` : undefined;
}

/** The rows of a reply: the choices of a question, thumbs under an answer. */
export function toButtons(reply: Reply, deliveryId: string, feedback: boolean): readonly Row[] {
  return toRows({
    choices: reply.choices ?? [],
    question: reply.tone === "question",
    feedback: feedback && reply.tone === "answer",
    deliveryId,
  });
}

/** What is shown while a text grows: its beginning, if there is more than one message takes. */
export function toLiveText(markdown: string): string {
  return splitMarkdown(toDiscordMarkdown(markdown), postLimit)[0] ?? "";
}

/** The whole reply as Markdown for Discord. Empty only where files go along, which are not spelt out. */
function toText(reply: Pick<Reply, "parts">): string {
  const along = toFiles(reply.parts);
  const text = reply.parts
    .filter((part) => !along.some((file) => file === part))
    .map(toPartMarkdown)
    .filter((part) => part.trim() !== "")
    .join("\n\n");
  const shown = toDiscordMarkdown(text);
  if (shown.trim() !== "") return shown;
  return along.length > 0 ? "" : nothing;
}

/** The files whose bytes are at hand and that Discord takes. */
function toFiles(parts: readonly ReplyPart[]) {
  let room = fileLimit;
  return parts
    .filter(isFile)
    .filter(({ bytes }) => {
      room -= Math.ceil(bytes.length * 0.75);
      return room >= 0;
    })
    .slice(0, mostFiles);
}
