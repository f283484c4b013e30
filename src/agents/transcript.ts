import type { Said } from "../model/agent.ts";

const begin = "[Earlier in this conversation, for context]";
const end = "[Now]";
/** A rest that is shorter than this tells nothing. */
const leastTail = 40;

/**
 * A message with what was said before in front of it, for an agent without a memory. Every line of it is quoted, so that nothing in it
 * can pass for the message itself. `limit`: characters that are added, marks included; the newest is kept, the oldest left out.
 */
export function withTranscript(text: string, transcript: readonly Said[], limit: number): string {
  const entries: string[] = [];
  let room = limit - [begin, "", end, ""].join("\n").length;
  for (const said of transcript.toReversed()) {
    const entry = toEntry(said, room - 1);
    if (entry === undefined) break;
    entries.unshift(entry);
    room -= entry.length + 1;
  }
  return entries.length === 0 ? text : [begin, ...entries, "", end, text].join("\n");
}

/** One utterance within `room`: whole, or its end. */
function toEntry({ from, text }: Said, room: number): string | undefined {
  const whole = quote(from, text.trim());
  if (whole.length <= room) return whole;
  let tail = text.trim();
  for (let quoted = whole; quoted.length > room; quoted = quote(from, `…${tail}`)) {
    tail = tail.slice(quoted.length - room).toWellFormed();
    if (tail.length < leastTail) return undefined;
  }
  return quote(from, `…${tail}`);
}

function quote(from: Said["from"], text: string): string {
  return `> ${from === "person" ? "Person" : "Agent"}: ${text.replaceAll(/\r\n?|[\n\v\f\u0085\u2028\u2029]/g, "\n> ")}`;
}
