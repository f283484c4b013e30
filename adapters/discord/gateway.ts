import { Client, Events, GatewayDispatchEvents, GatewayIntentBits, Options } from "discord.js";
import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import { type RestSetting, toRestOptions } from "./rest.ts";

/** A connection to the gateway, with as many sessions as it takes. */
export interface Connection {
  /** Whether events are coming. */
  isListening(): boolean;
  /** Resolves when it has come to its end, and says why. */
  readonly ended: Promise<Error>;
  close(): Promise<void>;
}

export interface GatewayOptions extends RestSetting {
  readonly clock: Clock;
  readonly log: Log;
  /** An event as it came off the wire, in the order of the wire. Returns at once and never throws. */
  readonly onDispatch: (type: Dispatched, payload: unknown) => void;
  /** Ends a connection that is being made. */
  readonly signal: AbortSignal;
}

/** What the adapter listens to. */
const dispatched = [
  GatewayDispatchEvents.Ready,
  GatewayDispatchEvents.GuildCreate,
  GatewayDispatchEvents.GuildDelete,
  GatewayDispatchEvents.GuildRoleCreate,
  GatewayDispatchEvents.GuildRoleUpdate,
  GatewayDispatchEvents.ChannelCreate,
  GatewayDispatchEvents.ChannelUpdate,
  GatewayDispatchEvents.ChannelDelete,
  GatewayDispatchEvents.ThreadCreate,
  GatewayDispatchEvents.ThreadUpdate,
  GatewayDispatchEvents.ThreadDelete,
  GatewayDispatchEvents.MessageCreate,
  GatewayDispatchEvents.MessageUpdate,
  GatewayDispatchEvents.MessageDelete,
  GatewayDispatchEvents.MessageDeleteBulk,
  GatewayDispatchEvents.InteractionCreate,
] as const;
export type Dispatched = (typeof dispatched)[number];

/** More reconnects than these in a minute are a loop: the SDK reconnects without any pause. */
const mostReconnects = 10;

/**
 * Connects, and resolves when the first session stands. Rejects with a ConfigError when the token or the intents are not good, with
 * DeliveryError `unavailable` otherwise. Events are read as they come off the wire: the SDK's own objects change while one waits, and
 * some messages never become one (in direct messages and threads that it does not know).
 */
export async function connect(options: GatewayOptions): Promise<Connection> {
  const { clock, log } = options;
  const client = createClient(options);
  let listening = false;
  const reconnects: number[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<Error>();

  for (const type of dispatched) client.ws.on(type, (payload: unknown) => options.onDispatch(type, payload));
  client.on(Events.ShardReady, () => {
    listening = true;
  });
  client.on(Events.ShardResume, (_, replayed) => {
    listening = true;
    log.info({ replayed }, "discord session resumed");
  });
  client.on(Events.ShardReconnecting, () => {
    listening = false;
    const now = clock.now();
    reconnects.push(now);
    while ((reconnects[0] ?? now) < now - 60_000) reconnects.shift();
    log.info({ reconnects: reconnects.length }, "discord connection lost: reconnecting");
    if (reconnects.length > mostReconnects) end(new DeliveryError("unavailable", "the gateway closes every connection"));
  });
  client.on(Events.ShardDisconnect, ({ code }) => {
    listening = false;
    end(toEnding(code));
  });
  client.on(Events.Invalidated, () => end(new DeliveryError("unavailable", "the session was invalidated")));
  client.on(Events.ShardError, (err) => log.warn({ err }, "discord connection failed"));
  client.on(Events.Error, (err) => log.warn({ err }, "discord client failed"));

  options.signal.addEventListener("abort", () => end(new DeliveryError("unavailable", "the bridge is stopping")), { once: true });

  const close = async () => {
    listening = false;
    await client.destroy();
  };
  const failed = ended.then((error) => {
    throw error;
  });
  failed.catch(() => undefined); // told by `ended`
  try {
    await Promise.race([client.login(options.token), failed]);
  } catch (error) {
    await close();
    throw toLoginError(error);
  }
  return { isListening: () => listening, ended, close };
}

function createClient(options: GatewayOptions): Client {
  return new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.MessageContent,
      GatewayIntentBits.DirectMessages,
    ],
    allowedMentions: { parse: [], repliedUser: false },
    enforceNonce: true,
    waitGuildTimeout: 15_000,
    rest: toRestOptions(options),
    // The SDK remembers nothing for us but servers and channels.
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: (member) => member.id === member.client.user.id },
      UserManager: { maxSize: 0, keepOverLimit: (user) => user.id === user.client.user.id },
      ThreadMemberManager: 0,
      ReactionManager: 0,
      PresenceManager: 0,
      VoiceStateManager: 0,
    }),
  });
}

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function toEnding(code: number): Error {
  if (code === 4004) return badToken();
  if (code === 4013 || code === 4014) return badIntents();
  return new DeliveryError("unavailable", `the gateway closed the connection (${code})`);
}

function toLoginError(error: unknown): Error {
  if (error instanceof ConfigError || error instanceof DeliveryError) return error;
  const words = error instanceof Error ? `${"code" in error ? String(error.code) : ""} ${error.message}` : "";
  if (/TokenInvalid|Authentication failed/i.test(words)) return badToken(error);
  if (/(disallowed|invalid) intents/i.test(words)) return badIntents(error);
  if (/sessions remaining/i.test(words)) {
    return new DeliveryError("unavailable", "discord allows no more sessions today", { retryAfterMs: 600_000, cause: error });
  }
  return new DeliveryError("unavailable", "the gateway of discord cannot be reached", { cause: error });
}

export function badToken(cause?: unknown): ConfigError {
  return new ConfigError(
    "discord.token: Discord does not accept it. Reset the token in the developer portal (your application, Bot, Reset Token) and put the new one there.",
    { cause },
  );
}

function badIntents(cause?: unknown): ConfigError {
  return new ConfigError(
    "discord: the bot may not read messages. Switch on Message Content Intent in the developer portal (your application, Bot, Privileged Gateway Intents).",
    { cause },
  );
}
