import type { Verdict } from "./judge.ts";
import type { Account } from "./protocol.ts";

/** What the last life of the bridge tells about all of them. */
export interface Testimony {
  readonly kills: number;
  /** Its posts, by the ledger. */
  readonly account: Account;
  /** How many posts of unknown fate it has repeated, by its metric. */
  readonly repeated: number;
  /** The same of the lives before, whose metrics died with them, by their log. */
  readonly repeatedBefore: number;
}

/** The platform of a run, which outlives every kill: people who talk there, and what the bridge made of it. */
export interface Chat {
  /** The platform's part of the bridge's configuration, and its routes. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Told once the bridge's address is known. */
  bridgeAt(url: string): void;
  /** Everybody says everything; call it once. Resolves when the bridge has acknowledged all of it, to what it did not. */
  speak(): Promise<readonly string[]>;
  /** How many messages people have in mind, have said, and see the end of. */
  readonly planned: number;
  said(): number;
  ended(): number;
  /** Resolves when nothing is under way to the bridge. */
  settled(): Promise<void>;
  /** The lanes of the bridge's ledger whose posts `judge` has to know. */
  lanes(): readonly string[];
  judge(testimony: Testimony): Verdict;
  stop(): Promise<void>;
}

/** A conversation as its person wrote it. It grows while the person speaks. */
export interface Talk {
  readonly agent: string;
  readonly messages: readonly { readonly id: string; readonly text: string }[];
  /** The id of the event that the bridge makes of a message. */
  toEvent(id: string): string;
}
