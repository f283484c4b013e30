import { realpathSync } from "node:fs";
import { toStory } from "../bridge/story.ts";
import type { LedgerReader } from "../ledger/reader.ts";
import { toReference } from "../ledger/reference.ts";
import { silentLog } from "../log.ts";
import type { BuriedRow } from "../model/ledger.ts";
import { defineCommand, type Host, jsonOption, toJsonText } from "./command.ts";
import { findStore, lookInto, type NamedStore, namedStore, storeOptions } from "./store.ts";
import { toText } from "./trace.ts";

/** More than an admin can look at in one go. */
const most = 10_000;
const unknown = 3;

const more = `A row is buried when the platform refuses it, when its thread is gone, or when it failed too often: a delivery is a
reply that was not posted, a message or task is a turn that was not gone on with. Its thread was told where that was
possible.`;

export const buriedList = defineCommand({
  name: "buried list",
  words: [],
  summary: "what was set aside after it failed for good: how much, where and why",
  options: { ...storeOptions, json: jsonOption },
  more,
  parse: (given) => ({ ...namedStore(given), json: given.flag("json") }),
  async run({ json, ...named }, host) {
    const { url } = await findStore(named, host);
    const rows = await lookInto(url, (reader) => reader.buried(most));
    if (json) host.out(toJsonText({ count: rows.length, rows: rows.map(toFacts) }));
    else host.out(`${toCount(rows.length)} set aside.\n${rows.map(toLine).join("")}`);
    return 0;
  },
});

export const buriedShow = defineCommand({
  name: "buried show",
  words: ["<reference>"],
  summary: "the whole story of one of them",
  options: { ...storeOptions, json: jsonOption },
  exits: { [unknown]: "nothing of this reference is set aside" },
  parse: (given) => ({ ...namedStore(given), reference: given.words[0] ?? "", json: given.flag("json") }),
  async run({ reference, json, ...named }, host) {
    const { url } = await findStore(named, host);
    return lookInto(url, async (reader) => {
      const rows = await choose(reader, [reference]);
      if (rows.length === 0) return nothing(host, [reference]);
      const story = toStory(await reader.trace(reference), Date.now());
      host.out(json ? toJsonText({ rows: rows.map(toFacts), story }) : `${rows.map(toLine).join("")}\n${toText(story)}`);
      return 0;
    });
  },
});

export const buriedRedrive = defineCommand({
  name: "buried redrive",
  words: ["[reference ...]"],
  summary: "put them back to work; shows how many before it does",
  options: {
    ...storeOptions,
    all: { help: "all that can be, in place of references" },
    yes: { short: "y", help: "do it; without it the count is shown and nothing is done" },
    json: jsonOption,
  },
  more: `Each goes to the end of its thread's line. While a bridge runs on the same file, it is asked to do it through the
socket beside the store. What was said must still be there (store.retention.contentDays): a row without it stays.`,
  exits: { [unknown]: "nothing of these references is set aside" },
  parse(given) {
    const { words } = given;
    if ((words.length === 0) !== given.flag("all")) return "which? either references, or --all";
    return { ...namedStore(given), references: words, yes: given.flag("yes"), json: given.flag("json") };
  },
  async run({ references, yes, json, ...named }, host) {
    const store = await findStore(named, host);
    const rows = await lookInto(store.url, (reader) => choose(reader, references));
    if (rows.length === 0 && references.length > 0) return nothing(host, references);
    const ready = rows.filter(({ redrivable }) => redrivable);
    const lost = rows.length - ready.length;
    const ids = ready.map(({ id }) => id);
    const redriven = yes && ids.length > 0 ? await redrive(store, ids, host) : 0;
    if (json) host.out(toJsonText({ count: ready.length, withoutContent: lost, done: yes, redriven, rows: rows.map(toFacts) }));
    else {
      host.out(`${toCount(ready.length)} can be put back to work.\n${ready.map(toLine).join("")}`);
      if (lost > 0) host.out(`${toCount(lost)} cannot: what was said is deleted.\n`);
      host.out(yes ? `${toCount(redriven)} put back to work.\n` : ids.length > 0 ? "Nothing was done. Add --yes to do it.\n" : "");
    }
    return 0;
  },
});

/** The buried rows of these references; all of them where none is named. */
async function choose(reader: LedgerReader, references: readonly string[]): Promise<readonly BuriedRow[]> {
  const rows = await reader.buried(most);
  const wanted = references.map(toReference);
  return wanted.length === 0 ? rows : rows.filter(({ reference, id }) => wanted.includes(reference) || references.includes(id));
}

function nothing(host: Host, references: readonly string[]): number {
  host.err(`Nothing of ${references.join(", ")} is set aside. "buried list" shows what is; "trace" tells what became of it.\n`);
  return unknown;
}

/** By the process that holds an embedded store; where none does, and on PostgreSQL, by this one. */
async function redrive({ url, config }: NamedStore, ids: readonly string[], host: Host): Promise<number> {
  const { toPath } = await import("../ledger/database.ts");
  const path = toPath(url);
  if (path !== undefined) {
    const { askToRedrive } = await import("../http/admin.ts");
    const redriven = await askToRedrive(realpathSync(path), ids, host.stopping());
    if (redriven !== undefined) return redriven;
  }
  const { openLedger } = await import("../ledger/ledger.ts");
  const encryptionKey = config?.store.encryptionKey;
  if (config === undefined) host.err("The store is opened without a key; name the configuration where there is one.\n");
  const { ledger } = await openLedger({ url, log: silentLog, ...(encryptionKey !== undefined && { encryptionKey }) });
  return ledger.redrive(ids).finally(() => ledger.close());
}

function toFacts({ id, queue, lane, reference, error, attempts, createdAt, settledAt, redrivable }: BuriedRow) {
  const times = { createdAt: new Date(createdAt).toISOString(), buriedAt: settledAt && new Date(settledAt).toISOString() };
  return { reference, queue, thread: lane, error, attempts, ...times, redrivable, id };
}

function toLine({ reference, queue, lane, error, settledAt, createdAt, redrivable }: BuriedRow): string {
  const time = new Date(settledAt ?? createdAt).toISOString().slice(0, 16).replace("T", " ");
  return `  ${reference}  ${time}  ${queue.padEnd(8)}  ${lane}\n            ${error ?? ""}${redrivable ? "" : " (what was said is deleted)"}\n`;
}

function toCount(count: number): string {
  if (count >= most) return `${most} rows or more`;
  return count === 1 ? "1 row" : `${count} rows`;
}
