import type { Log } from "../../src/log.ts";
import type { Adapter, Directory } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { type ConfigError, DeliveryError } from "../../src/model/errors.ts";
import type { Leases } from "../../src/model/lease.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { IncomingEvent, Receive } from "../../src/model/message.ts";
import { toAddress } from "./address.ts";
import { createBook } from "./book.ts";
import { createCatchUp } from "./catch-up.ts";
import { check } from "./check.ts";
import type { DiscordConfig } from "./config.ts";
import { connect } from "./gateway.ts";
import { identify } from "./identity.ts";
import { createInteractions } from "./interactions.ts";
import { createLanes } from "./lanes.ts";
import { createLead } from "./lead.ts";
import { openFile } from "./open.ts";
import { createPeople } from "./people.ts";
import { createReceiver } from "./receiver.ts";
import { splitReply } from "./render.ts";
import { createRespond } from "./respond.ts";
import { createRest } from "./rest.ts";
import { createSeen } from "./seen.ts";
import { createSender } from "./send.ts";
import { createSigns } from "./sign.ts";
import { createThreads } from "./threads.ts";

export interface DiscordOptions {
  readonly config: DiscordConfig;
  /** Guarded: it decides which addresses may be reached. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly openStore: OpenStore;
  readonly leases: Leases;
  /** The bot cannot be used any more, and an admin has to mend it. */
  readonly fail: (problem: ConfigError) => void;
}

/**
 * Discord over its gateway, which one process holds, and its REST API. Needs nothing until `start`, which rejects with a ConfigError when
 * the token or the intents are not good.
 */
export function createDiscordAdapter(options: DiscordOptions): Adapter {
  const { config, clock, log, openStore } = options;
  let me: string | undefined;
  let receive: Receive | undefined;
  let directory: Directory | undefined;
  /** Nothing is tried again from then on; and later, nothing goes out any more. */
  const closing = new AbortController();
  const ending = new AbortController();
  const errands = new Set<Promise<void>>();

  const bot = (): string => {
    if (me === undefined) throw new DeliveryError("unavailable", "the Discord adapter is not started");
    return me;
  };
  const serves = (guild: string) => config.guilds?.includes(guild) ?? true;
  const setting = { token: config.token, apiUrl: config.apiUrl, fetch: options.fetch };
  const rest = createRest(setting);
  const book = createBook(rest);
  const reading = () => ({ bot: bot(), names: book });
  const lanes = createLanes(clock);
  const seen = createSeen({ openStore, now: () => clock.now() });
  const people = createPeople({ rest, openStore, guilds: () => config.guilds ?? book.guilds() });
  const threads = createThreads({ rest, reading });
  const signs = createSigns({ rest, threads, clock, log });
  const sender = createSender({ rest, threads, clock, log, feedbackButtons: config.feedbackButtons });

  /** What nobody waits for, but the stop does. */
  const errand = (work: Promise<void>, what: string) => {
    const own = work.catch((err: unknown) => log.warn({ err }, what)).finally(() => errands.delete(own));
    errands.add(own);
  };
  const receiveEvent = async (event: IncomingEvent) => {
    if (!receive) throw new DeliveryError("unavailable", "the Discord adapter is stopping");
    return receive(event);
  };

  const interactions = createInteractions({
    book,
    respond: createRespond(rest, ending.signal),
    sender,
    threads,
    clock,
    log,
    bot,
    receive: receiveEvent,
    directory: () => {
      if (!directory) throw new DeliveryError("unavailable", "the Discord adapter is not started");
      return directory;
    },
    signal: ending.signal,
  });
  const receiver = createReceiver({
    rest,
    book,
    lanes,
    seen,
    people,
    catchUp: () => catchUp,
    clock,
    log,
    reading,
    serves,
    receive: receiveEvent,
    refuse: (event, notice) =>
      errand(
        sender.whisper(toAddress(event.thread), event.author.id, notice, `refused:${event.id}`, ending.signal),
        "private notice not shown",
      ),
    onInteraction: (interaction) => errand(interactions.take(interaction), "interaction not answered"),
    signal: closing.signal,
  });
  const catchUp = createCatchUp({
    rest,
    seen,
    lanes,
    clock,
    log,
    backfillMs: config.backfillMinutes * 60_000,
    take: receiver.take,
    signal: closing.signal,
  });
  const lead = createLead({
    leases: options.leases,
    name: `discord:${config.applicationId}`,
    connect: () => connect({ ...setting, clock, log, onDispatch: receiver.dispatch, signal: closing.signal }),
    fail: options.fail,
    clock,
    log,
  });

  let stopping: Promise<unknown> | undefined;
  const end = async () => {
    closing.abort();
    await lead.stop();
    await Promise.all([lanes.idle(), ...errands]);
    receive = undefined;
    ending.abort();
    await Promise.all([...errands, signs.stop(), sender.stop()]);
    rest.stop();
  };
  const stop = async () => {
    stopping ??= end();
    await stopping;
  };

  return {
    platform: "discord",
    capabilities: { posting: "nonce", identity: "admin", reachesPeople: true },
    routes: [],
    async start(receiveNext, directoryNext, signal) {
      me = await identify(rest, AbortSignal.any([signal, ending.signal]));
      receive = receiveNext;
      directory = directoryNext;
      signal.addEventListener("abort", stop, { once: true });
      await catchUp.prepare();
      await lead.start();
      errand(
        catchUp.keepTime(() => lead.isListening()),
        "time of discord not kept",
      );
    },
    // Where another process listens, what it hears is ours to work on, too.
    connected: () => lead.isListening() || lead.isWaiting(),
    person: (event, signal) => people.find(event.author, signal),
    sign: (thread, sign, signal) => signs.set(toAddress(thread), sign, signal),
    split: splitReply,
    post: sender.post,
    edit: sender.edit,
    live: sender.live,
    findLive: sender.findLive,
    open: (attachment, maxBytes, signal) => openFile(attachment, maxBytes, { apiUrl: config.apiUrl, fetch: options.fetch, rest }, signal),
    check: (_, signal) => check(config, rest, signal),
    stop,
  };
}
