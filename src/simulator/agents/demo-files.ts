import { crc32, deflateSync } from "node:zlib";
import type { SentFile } from "./sent-files.ts";
import { complete, output, type Step, working } from "./steps.ts";
import type { AgentTurn } from "./turn.ts";

/** A small table, or a small picture where the text says so. */
export function* sendFile(turn: AgentTurn): Generator<Step> {
  const wantsPicture = /\b(png|picture|image)\b/i.test(turn.text);
  const file = wantsPicture
    ? { raw: picture().toString("base64"), filename: "stripes.png", mediaType: "image/png" }
    : { raw: Buffer.from(table).toString("base64"), filename: "devices.csv", mediaType: "text/csv" };
  yield working("Looking for it…");
  yield output("answer", [{ text: `Here is **${file.filename}**. Say \`file png\` for a picture, \`file csv\` for a table.` }, file], {
    last: true,
  });
  yield complete();
}

const table = "device,disk used\nlaptop-1,37 %\nlaptop-2,74 %\nlaptop-3,12 %\n";

/** Says what came along, and how it begins. A file that came as a link is fetched. */
export async function* describeFiles(turn: AgentTurn): AsyncGenerator<Step> {
  yield working("Opening what you sent…");
  const lines: string[] = [];
  for (const file of turn.files) lines.push(await describe(file, turn.signal));
  const said = turn.text.trim() === "" ? "" : `You said: “${turn.text.trim().slice(0, 120)}”. `;
  yield output("answer", `${said}I got ${turn.files.length === 1 ? "one file" : `${turn.files.length} files`}:\n\n${lines.join("\n")}`, {
    last: true,
  });
  yield complete();
}

async function describe(file: SentFile, signal: AbortSignal): Promise<string> {
  const { name, mediaType, url } = file;
  const bytes = file.bytes ?? (await fetchFile(url ?? "", signal));
  if (bytes === undefined) return `- **${name}** (${mediaType}): its link could not be opened`;
  const way = url === undefined ? "" : ", by a link";
  return `- **${name}** (${mediaType}, ${bytes.byteLength} bytes${way})${firstLine(bytes)}`;
}

async function fetchFile(url: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const response = await fetch(url, { signal }).catch(() => undefined);
  return response?.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}

/** Of what is text. */
function firstLine(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, 4_096), { stream: true });
    const line = text.split("\n", 1)[0]?.trim().slice(0, 80) ?? "";
    return text.includes("\u0000") || line === "" ? "" : `, which begins: “${line}”`;
  } catch {
    return ""; // not text
  }
}

/** 48 by 48 pixels of stripes, as a PNG (https://www.w3.org/TR/png-3). */
function picture(): Buffer {
  const size = 48;
  const row = (y: number) => [0, ...Array.from({ length: size }, (_, x) => ((x + y) % 16 < 8 ? [74, 21, 75] : [236, 178, 46])).flat()];
  const pixels = Buffer.from(Array.from({ length: size }, (_, y) => row(y)).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}
