import type { Log } from "../../src/log.ts";
import type { Adapter } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { type ConfigError, DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { IncomingEvent, Receive } from "../../src/model/message.ts";
import type { OpenSocket } from "../../src/model/socket.ts";
import { toAddress } from "./address.ts";
import { checkSlack } from "./check.ts";
import type { SlackConfig } from "./config.ts";
import { type Identity, identify } from "./identity.ts";
import { createIntake } from "./intake.ts";
import { listen } from "./listen.ts";
import { neededScopes, toFeatures } from "./manifest.ts";
import { openFile } from "./open.ts";
import { createPace } from "./pace.ts";
import { createPeople } from "./people.ts";
import { createDoor } from "./receiver.ts";
import { splitReply } from "./render.ts";
import { createSender } from "./send.ts";
import { createSigns } from "./sign.ts";
import { createSockets } from "./sockets.ts";
import { createWeb } from "./web.ts";

export interface SlackOptions {
  readonly config: SlackConfig;
  /** Guarded: it decides which addresses may be reached. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly openStore: OpenStore;
  /** Whether no other process serves the same threads. */
  readonly alone: boolean;
  /** Guarded as `fetch` is. For Socket Mode. */
  readonly openSocket: OpenSocket;
  /** Told when Slack does not let us in any more. */
  readonly fail: (problem: ConfigError) => void;
}

/** Slack over signed HTTP, or over sockets where there is an app-level token. Needs nothing until `start`, which rejects with a ConfigError when the bot token is not good. */
export function createSlackAdapter(options: SlackOptions): Adapter {
  const { config, clock, log } = options;
  let me: Identity | undefined;
  let receive: Receive | undefined;
  const ending = new AbortController();
  const whispers = new Set<Promise<void>>();

  const identity = (): Identity => {
    if (!me) throw new DeliveryError("unavailable", "the Slack adapter is not started");
    return me;
  };
  const web = createWeb({ token: config.botToken, apiUrl: config.apiUrl, fetch: options.fetch, clock });
  // Which routes take follow-ups is the bridge's business: nothing here depends on it.
  const features = toFeatures(config, false);
  const pace = createPace({ ...config.pace, clock });
  const people = createPeople({ web, openStore: options.openStore, emails: config.emails });
  const signs = createSigns({ web, clock, features, alone: options.alone });
  const sender = createSender({
    web,
    apiUrl: config.apiUrl,
    files: config.files,
    fetch: options.fetch,
    pace,
    clock,
    log,
    identity,
    feedbackButtons: config.feedbackButtons,
  });
  const intake = createIntake({ config, fetch: options.fetch, log, identity });
  const { appToken, signingSecret, apiUrl } = config;
  const appWeb = appToken === undefined ? undefined : createWeb({ token: appToken, apiUrl, fetch: options.fetch, clock });
  const sockets = appWeb && createSockets({ ...options, web: appWeb, apiUrl, intake });

  const refuse = (event: IncomingEvent, notice: string) => {
    const whisper = sender
      .whisper(toAddress(event.thread, identity().team), event.author.id, notice, ending.signal)
      .catch((err: unknown) => log.warn({ event: event.id, err }, "private notice not shown"))
      .finally(() => whispers.delete(whisper));
    whispers.add(whisper);
  };

  listen(intake.app, {
    command: config.command,
    clock,
    log,
    reading: () => ({ ...identity(), directMessages: config.directMessages }),
    names: (users) => people.names(users, identity()),
    receive: async (event) => {
      if (!receive) throw new DeliveryError("unavailable", "the Slack adapter is stopping");
      return receive(event);
    },
    refuse,
  });

  let stopping: Promise<unknown> | undefined;
  const end = async () => {
    await intake.close();
    await sockets?.stop();
    receive = undefined;
    signs.stop();
    ending.abort();
    await Promise.all([...whispers, sender.stop()]);
  };
  const stop = async () => {
    stopping ??= end();
    await stopping;
  };

  return {
    platform: "slack",
    capabilities: { posting: "lookup", identity: "email" },
    routes: sockets || signingSecret === undefined ? [] : [createDoor({ signingSecret, clock, intake })],
    async start(receiveEvent, _directory, signal) {
      me = await identify(web, AbortSignal.any([signal, ending.signal]));
      const missing = [...neededScopes(features).keys()].filter((scope) => me?.granted?.includes(scope) === false);
      if (missing.length > 0) log.warn({ missing }, "the slack app lacks scopes: add them and install it again");
      receive = receiveEvent;
      await intake.open();
      signal.addEventListener("abort", stop, { once: true });
      await sockets?.start();
      const { team, app } = me;
      if (sockets?.connected() ?? true) log.info({ team, app, socketMode: sockets !== undefined }, "slack is connected");
    },
    ...(sockets && { connected: sockets.connected }),
    person: (event, signal) => people.find(event.author, identity(), signal),
    sign: (thread, sign, signal) => signs.set(toAddress(thread, identity().team), sign, signal),
    split: splitReply,
    post: sender.post,
    edit: sender.edit,
    find: sender.find,
    live: sender.live,
    findLive: sender.findLive,
    open: (attachment, maxBytes, signal) => openFile(attachment, maxBytes, { ...config, fetch: options.fetch, web }, signal),
    check: (publicUrl, signal) => checkSlack({ config, web, appWeb }, publicUrl, signal),
    stop,
  };
}
