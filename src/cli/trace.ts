import { parseLink as parseDiscordLink } from "../../adapters/discord/link.ts";
import { parseLink as parseSlackLink } from "../../adapters/slack/link.ts";
import { parseLink as parseTeamsLink } from "../../adapters/teams/link.ts";
import { type Story, toDuration, toStory } from "../bridge/story.ts";
import type { LedgerReader } from "../ledger/reader.ts";
import type { Row } from "../model/ledger.ts";
import type { MessageLink } from "../model/link.ts";
import { defineCommand, jsonOption, toJsonText } from "./command.ts";
import { findStore, lookInto, namedStore, storeOptions } from "./store.ts";

const unknown = 3;

export const trace = defineCommand({
  name: "trace",
  words: ["<reference, thread or link>"],
  summary: "the whole way of a message, a line a step, with times",
  options: { ...storeOptions, json: jsonOption },
  more: `Takes the reference of a notice, a link to a message as the platform gives it ("Copy link"), a thread as the log
names it (slack:<workspace>:<channel>:<thread>), or the id of a row. Prints facts only: what people and agents said is
never shown. Times are in UTC.`,
  exits: { [unknown]: "nothing of that kind is in the store" },
  parse(given) {
    const [what = ""] = given.words;
    const url = /^https?:/i.test(what) ? URL.parse(what) : undefined;
    const link = url ? parseLink(url) : undefined;
    if (url !== undefined && link === undefined) return `this is no link to a message of a platform that is known: ${what}`;
    return { ...namedStore(given), what, link, json: given.flag("json") };
  },
  async run({ what, link, json, ...named }, host) {
    const { url } = await findStore(named, host);
    const rows = await lookInto(url, (reader) => findRows(reader, what, link));
    const story = toStory(rows, Date.now());
    host.out(json ? toJsonText(toJson(what, story)) : toText(story));
    if (rows.length > 0) return 0;
    host.err(`Nothing in the store belongs to ${what}. ${link === undefined ? otherwise : otherwiseLinked}\n`);
    return unknown;
  },
});

const otherwise =
  "A reference has eight letters and digits, and belongs to one store (the demo has its own); facts are kept for store.retention.factsDays.";
const otherwiseLinked = "The message was not meant for the bridge, is of another store, or stands in a chat whose links do not name it.";

function parseLink(url: URL): MessageLink | undefined {
  return parseSlackLink(url) ?? parseTeamsLink(url) ?? parseDiscordLink(url);
}

function findRows(reader: LedgerReader, what: string, link: MessageLink | undefined): Promise<readonly Row[]> {
  return link === undefined ? reader.trace(what) : reader.find(link);
}

function toJson(what: string, { threads, hops }: Story) {
  return { asked: what, threads, hops: hops.map((hop) => ({ ...hop, at: new Date(hop.at).toISOString() })) };
}

/** As people read it: a line a step. */
export function toText({ threads, hops }: Story): string {
  const many = new Set(hops.map(({ reference }) => reference)).size > 1;
  const head = threads.map(
    ({ platform, workspace, channel, thread }) => `${platform}, workspace ${workspace}, channel ${channel}, thread ${thread}`,
  );
  const names = [...new Set(hops.map(({ reference }) => reference))].join(" ");
  const lines = hops.map(({ at, hop, says, reference }, index) => {
    const before = hops[index - 1];
    const time = new Date(at).toISOString();
    const day =
      before === undefined || new Date(before.at).toISOString().slice(0, 10) !== time.slice(0, 10) ? `${time.slice(0, 10)}\n` : "";
    const delta = before === undefined ? "" : `+${toDuration(at - before.at)}`;
    return `${day}  ${time.slice(11, 23)}  ${delta.padStart(9)}  ${many ? `${reference}  ` : ""}${hop.padEnd(9)}  ${says}\n`;
  });
  return hops.length === 0 ? "" : `${head.join("\n")}\nreference ${many ? "(in the lines)" : names}\n\n${lines.join("")}`;
}
