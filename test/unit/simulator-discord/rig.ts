import { Client, Events, GatewayIntentBits, Partials } from "discord.js";
import type { DiscordSimulatorOptions } from "../../../src/simulator/discord/parts.ts";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly id?: string; readonly code?: number; readonly [key: string]: unknown };
  /** The body, where it is a list. */
  readonly list: readonly { readonly id?: string; readonly content?: string }[];
}

/** A simulator and a bare caller of its API. */
export interface Rig extends AsyncDisposable {
  readonly discord: DiscordSimulator;
  /** A call behind `/api/v10/`, with the good token. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Posts to a channel; a text is a message. */
  post(channel: string, message: string | Readonly<Record<string, unknown>>): Promise<Answer>;
  /** The real client, connected and ready. */
  connect(options?: { readonly channelPartial?: boolean; readonly timeoutMs?: number }): Promise<Client<true>>;
}

export async function createRig(options: DiscordSimulatorOptions = {}): Promise<Rig> {
  const discord = await createDiscordSimulator(options);
  const clients: Client[] = [];
  const call: Rig["call"] = (method, path, body, headers) => callApi(discord, { method, path, body, headers });
  return {
    discord,
    call,
    post: (channel, message) => call("POST", `channels/${channel}/messages`, typeof message === "string" ? { content: message } : message),
    async connect({ channelPartial = true, timeoutMs = 2_000 } = {}) {
      const client = createClient(discord, channelPartial, timeoutMs);
      clients.push(client);
      const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
      await client.login(discord.config.token);
      return ready;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.destroy();
      await discord.stop();
    },
  };
}

/** As the bridge configures it. */
function createClient({ config }: DiscordSimulator, channelPartial = true, timeoutMs = 2_000): Client {
  const { Guilds, GuildMessages, MessageContent, DirectMessages } = GatewayIntentBits;
  const client = new Client({
    intents: [Guilds, GuildMessages, MessageContent, DirectMessages],
    partials: channelPartial ? [Partials.Channel] : [],
    allowedMentions: { parse: [], repliedUser: false },
    enforceNonce: true,
    waitGuildTimeout: 1_000,
    failIfNotExists: false,
    rest: { api: config.apiUrl, timeout: timeoutMs, retries: 3 },
  });
  client.on(Events.Error, () => undefined);
  return client;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

async function callApi({ config }: DiscordSimulator, { method, path, body, headers }: Request): Promise<Answer> {
  const form = body instanceof FormData;
  const response = await fetch(`${config.apiUrl}/v10/${path}`, {
    method,
    headers: {
      authorization: `Bot ${config.token}`,
      "user-agent": "DiscordBot (https://example.test, 1)",
      ...(body !== undefined && !form && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const read: unknown = response.headers.get("content-type") === "application/json" ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, body: Object(read), list: Array.isArray(read) ? read : [] };
}
