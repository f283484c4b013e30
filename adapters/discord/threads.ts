import { Routes } from "discord.js";
import { type DiscordAddress, toChannel } from "./address.ts";
import { codes, discordCode } from "./errors.ts";
import type { Reading } from "./inbound.ts";
import type { Rest } from "./rest.ts";
import { toText } from "./said.ts";
import { toThreadName } from "./text.ts";
import { messageSchema } from "./wire.ts";

/** Threads that hang on a message are opened when the first sign or word comes for them. */
export interface Threads {
  /** The channel to post in, which is there once this resolves. `name`: what the thread is called; otherwise its message says it. */
  open(address: DiscordAddress, signal: AbortSignal, name?: string): Promise<string>;
  /** Takes a thread out of the archive, where it went when nobody wrote for a while. */
  wake(channel: string, signal: AbortSignal): Promise<void>;
}

/** Minutes until a thread that nobody writes in goes to the archive. */
const archiveAfter = 1_440;
const remembered = 5_000;

export function createThreads({ rest, reading }: { readonly rest: Rest; readonly reading: () => Reading }): Threads {
  const opened = new Set<string>();
  const opening = new Map<string, Promise<void>>();

  const create = async (address: DiscordAddress, thread: string, signal: AbortSignal, given?: string) => {
    const name = given ?? (await findName(rest, address.channel, thread, reading(), signal));
    const body = { name: toThreadName(name), auto_archive_duration: archiveAfter };
    // A second thread on the same message cannot be, so a lost answer does no harm.
    const call = { name: "open thread", purpose: "read", body } as const;
    await rest.call("post", Routes.threads(address.channel, thread), call, signal).catch((error: unknown) => {
      if (discordCode(error) !== codes.threadExists) throw error;
    });
    opened.add(thread);
    const [oldest] = opened;
    if (opened.size > remembered && oldest !== undefined) opened.delete(oldest);
  };

  return {
    async open(address, signal, name) {
      const { root, thread } = address;
      if (!root || thread === undefined || opened.has(thread)) return toChannel(address);
      const mine = opening.get(thread) ?? create(address, thread, signal, name).finally(() => opening.delete(thread));
      opening.set(thread, mine);
      await mine;
      return thread;
    },
    async wake(channel, signal) {
      await rest.call("patch", Routes.channel(channel), { name: "wake thread", purpose: "read", body: { archived: false } }, signal);
    },
  };
}

/** What was asked in the message. A message that is gone has no name to give; whether it can still have a thread Discord says. */
async function findName(rest: Rest, channel: string, message: string, { bot, names }: Reading, signal: AbortSignal): Promise<string> {
  const answer = await rest
    .call("get", Routes.channelMessage(channel, message), { name: "message", purpose: "read" }, signal)
    .catch((error: unknown) => {
      if (discordCode(error) === undefined) throw error;
      return undefined;
    });
  const found = messageSchema.safeParse(answer).data;
  return found ? toText(found, bot, names) : "";
}
