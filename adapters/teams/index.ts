import type { Log } from "../../src/log.ts";
import type { Adapter, Directory } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { IncomingEvent, Receipt, Receive } from "../../src/model/message.ts";
import { type TeamsAddress, toAddress, toThread } from "./address.ts";
import { checkTeams } from "./check.ts";
import type { TeamsConfig } from "./config.ts";
import { createConnector } from "./connector.ts";
import { createConsents } from "./consent.ts";
import { createTokens, type Tokens } from "./credentials.ts";
import { createFeedback } from "./feedback.ts";
import { createHosts } from "./hosts.ts";
import type { Incoming } from "./inbound.ts";
import { openFile } from "./open.ts";
import { createPace } from "./pace.ts";
import { createPeople } from "./people.ts";
import { createPlaces } from "./places.ts";
import { createDoor } from "./receiver.ts";
import { splitReply } from "./render.ts";
import { createSender } from "./send.ts";
import { createSigns } from "./sign.ts";
import { createSlots } from "./slots.ts";
import { createTurns } from "./turns.ts";

export interface TeamsOptions {
  readonly config: TeamsConfig;
  /** Guarded: it decides which addresses may be reached. */
  readonly fetch: typeof fetch;
  /** Reaches where Azure gives a machine its own tokens; absent: `fetch`. Used for a managed identity alone. */
  readonly identityFetch?: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly openStore: OpenStore;
  /** Whether the bridge listens on this machine only. Without it `teams.insecureLocal` is refused. */
  readonly loopback: boolean;
}

/** Microsoft Teams over the Bot Connector. Needs nothing until `start`, which rejects with a ConfigError when the credentials are not good. */
export function createTeamsAdapter(options: TeamsOptions): Adapter {
  const { config, clock, log, openStore } = options;
  const local = config.insecureLocal;
  let receive: Receive | undefined;
  let directory: Directory | undefined;
  const ending = new AbortController();
  const errands = new Set<Promise<void>>();

  const tokensFetch = config.managedIdentity ? (options.identityFetch ?? options.fetch) : options.fetch;
  const tokens: Tokens | undefined = local ? undefined : createTokens({ config, fetch: tokensFetch, clock, signal: ending.signal });
  const connector = createConnector({ config, fetch: options.fetch, clock, tokens, signal: ending.signal });
  const hosts = createHosts(config);
  const pace = createPace({ limits: config.pace, clock });
  const places = createPlaces({ openStore });
  const people = createPeople({ connector, openStore, local });
  const feedback = createFeedback({ openStore, log, wanted: config.feedbackButtons });

  /** What nobody waits for, but the stop does. */
  const errand = (work: Promise<void>, what: string) => {
    const own = work.catch((err: unknown) => log.warn({ err }, what)).finally(() => errands.delete(own));
    errands.add(own);
  };

  const onStopped = (address: TeamsAddress, message: string, asker?: IncomingEvent["author"]) => {
    const author = asker ?? { id: address.user?.directory ?? address.user?.id ?? "", workspace: address.tenant };
    const id = `teams:${address.tenant}:${address.conversation}:${message}:stop`;
    const event: IncomingEvent = { kind: "stop", id, thread: toThread(address), author, at: clock.now() };
    errand(
      Promise.resolve(receive?.(event)).then(() => undefined),
      "stop not committed",
    );
  };

  const current = places.current;
  const signs = createSigns({ connector, slots: createSlots({ openStore }), pace, clock, log, current, onStopped });
  const inTurn = createTurns({ pace, places, log });
  const sender = createSender({
    connector,
    hosts,
    places,
    pace,
    inTurn,
    signs,
    feedback,
    clock,
    log,
    feedbackButtons: config.feedbackButtons,
    local,
    onStopped,
  });
  const consents = createConsents({ connector, places, inTurn, hosts, fetch: options.fetch, openStore, directory: () => directory });

  const welcome = async (address: TeamsAddress) => {
    // A team hears of the bot where somebody needs it, not in its first channel.
    if (config.welcome === "" || address.kind === "channel" || !(await places.isNew(address))) return;
    await connector.post(address, { type: "message", text: config.welcome, textFormat: "markdown" }, ending.signal);
  };

  const takeEvent = async (event: IncomingEvent, answered: boolean): Promise<Receipt> => {
    if (!receive) throw new DeliveryError("unavailable", "the Teams adapter is stopping");
    const receipt = await receive(event);
    const address = toAddress(event.thread, hosts.isService);
    if (receipt.kind === "ignored") return receipt;
    errand(places.seen(address), "place of a conversation not noted");
    if (receipt.kind === "refused" && !answered) errand(sender.whisper(address, receipt.notice, ending.signal), "private notice not shown");
    return receipt;
  };

  const take = async (incoming: Incoming, answered: boolean): Promise<Receipt> => {
    switch (incoming.kind) {
      case "event":
        return takeEvent(incoming.event, answered);
      case "feedback": {
        const event = await feedback.complete(incoming, toAddress(incoming.event.thread, hosts.isService));
        return event ? takeEvent(event, answered) : { kind: "ignored" };
      }
      case "consent":
        await consents(incoming.address, incoming.consent, ending.signal);
        return { kind: "accepted" };
      case "installed":
        await places.seen(incoming.address);
        errand(welcome(incoming.address), "welcome not shown");
        return { kind: "accepted" };
      case "uninstalled":
        await places.gone(incoming.address);
        return { kind: "accepted" };
    }
  };

  const door = createDoor({ config, connector, hosts, clock, log, take });

  let stopping: Promise<unknown> | undefined;
  const end = async () => {
    await door.close();
    receive = undefined;
    ending.abort();
    await Promise.all([...errands, signs.stop(), sender.stop()]);
  };
  const stop = async () => {
    stopping ??= end();
    await stopping;
  };

  return {
    platform: "teams",
    capabilities: { posting: "atLeastOnce", identity: "directory", asksForFiles: true },
    routes: [door.route],
    async start(receiveEvent, questions, signal) {
      if (local && !options.loopback) {
        throw new ConfigError(
          "teams.insecureLocal: anybody who reaches the bridge could speak as anybody. Set listen.host to 127.0.0.1, or give teams an app id.",
        );
      }
      await tokens?.get().catch((error: unknown) => {
        throw toConfigError(error);
      });
      errand(connector.prepare(), "the keys of the service's tokens are not known yet");
      receive = receiveEvent;
      directory = questions;
      door.open();
      signal.addEventListener("abort", stop, { once: true });
      if (local) log.warn({}, "teams takes activities of this machine without asking who sends them");
      else log.info({ app: config.appId, tenant: config.tenantId }, "teams is connected");
    },
    person: async (event, signal) => people.find(event.author, await places.current(toAddress(event.thread, hosts.isService)), signal),
    sign: async (thread, sign, signal) => signs.set(toAddress(thread, hosts.isService), sign, signal),
    split: splitReply,
    post: sender.post,
    edit: sender.edit,
    holds: sender.holds,
    live: sender.live,
    open: (attachment, maxBytes, signal) => openFile(attachment, maxBytes, { fetch: options.fetch, hosts, tokens }, signal),
    check: (publicUrl, signal) => checkTeams({ config, fetch: options.fetch, connector, tokens }, publicUrl, signal),
    stop,
  };
}

function toConfigError(error: unknown): unknown {
  if (!(error instanceof DeliveryError) || error.kind !== "refused") return error;
  return new ConfigError(`${error.message}. Put the values there that Azure shows for the bot's app registration.`, { cause: error });
}
