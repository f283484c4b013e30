import type { ControlWord } from "../model/message.ts";

const words: Readonly<Record<string, ControlWord>> = {
  new: "new", reset: "new", stop: "stop", cancel: "stop", status: "status", help: "help", again: "again",
}; // biome-ignore format: one table

/** The control word that a message consists of, if it is one and nothing else. Case and closing punctuation do not count. */
export function toControlWord(text: string): ControlWord | undefined {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^\//, "")
    .replace(/[.,!?]+$/, "");
  return Object.hasOwn(words, word) ? words[word] : undefined;
}
