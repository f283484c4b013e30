import type { ControlWord } from "../model/message.ts";

const words: Readonly<Record<string, ControlWord>> = {
  new: "new", reset: "new", stop: "stop", cancel: "stop", status: "status", help: "help", again: "again",
}; // biome-ignore format: one table

/** What may stand around a word that is alone: marks of the end, of quoting and of code, as in `again`, and what stood beside a mention. */
const around = /^[\s/,:"'`*_“”„«»]+|[\s.!?…,"'`*_“”„«»]+$/gu;

/** Longer than any word with its marks. */
const longest = 40;

/** The control word that a message consists of, if it is one and nothing else. Case and punctuation around it do not count. */
export function toControlWord(text: string): ControlWord | undefined {
  const alone = text.trim();
  const word = alone.length > longest ? "" : alone.toLowerCase().replace(around, "");
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
