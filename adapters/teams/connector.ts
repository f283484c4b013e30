import { randomUUID } from "node:crypto";
import { CloudAdapter, ConfigurationBotFrameworkAuthentication, type ConversationReference, TurnContext } from "botbuilder";
import { AuthenticationConfiguration, type ConnectorClient, ServiceClientCredentialsFactory } from "botframework-connector";
import { JwtTokenExtractor } from "botframework-connector/lib/auth/jwtTokenExtractor.js";
import { Entity } from "botframework-connector/lib/connectorApi/models/mappers.js";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Json } from "../../src/model/thread.ts";
import type { TeamsAddress } from "./address.ts";
import { type Endpoints, toEndpoints } from "./clouds.ts";
import type { TeamsConfig } from "./config.ts";
import type { Tokens } from "./credentials.ts";
import { type Purpose, toDeliveryError } from "./errors.ts";
import { createHttpClient } from "./http-client.ts";
import { createSigningKeys } from "./keys.ts";

/** What is sent: the parts of an activity that are ours to say. */
export interface Message {
  readonly type: "message" | "typing";
  readonly text?: string;
  readonly textFormat?: "markdown";
  readonly entities?: readonly ({ readonly type: string } & { readonly [key: string]: Json })[];
  readonly channelData?: { readonly [key: string]: Json };
  readonly attachments?: readonly {
    readonly contentType: string;
    readonly content?: { readonly [key: string]: Json };
    readonly contentUrl?: string;
    readonly name?: string;
  }[];
}

/**
 * The Bot Framework SDK, all that is used of it. Every call goes through a stored conversation reference and is made once; it rejects
 * with a DeliveryError.
 */
export interface Connector {
  /** Fetches what is needed to know the service, so that the first activity need not wait. Rejects with `unavailable`. */
  prepare(): Promise<void>;
  /** Whether the service made this request. Rejects with `unavailable` when its keys cannot be had. */
  isAuthentic(activity: { readonly channelId: string; readonly serviceUrl: string }, authorization: string): Promise<boolean>;
  /** Resolves to the id of the message; undefined where the service does not say. */
  post(to: TeamsAddress, message: Message, signal: AbortSignal): Promise<string | undefined>;
  update(to: TeamsAddress, id: string, message: Message, signal: AbortSignal): Promise<void>;
  remove(to: TeamsAddress, id: string, signal: AbortSignal): Promise<void>;
  /** Somebody of the roster, as the service describes them. `roster` is the chat, or the team of a channel. */
  member(to: TeamsAddress, roster: string, user: string, signal: AbortSignal): Promise<unknown>;
  /** Opens, or finds, the chat with one person alone. Resolves to the id of that conversation. */
  chatWith(to: TeamsAddress, user: string, signal: AbortSignal): Promise<string>;
}

export interface ConnectorOptions {
  readonly config: TeamsConfig;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Absent: nobody proves anything (see `teams.insecureLocal`). */
  readonly tokens: Tokens | undefined;
  /** Ends what no caller waits for with a signal of its own. */
  readonly signal: AbortSignal;
}

export function createConnector(options: ConnectorOptions): Connector {
  const { config } = options;
  const endpoints = toEndpoints(config);
  const appId = config.appId ?? "";
  keepEntities();
  const keys = createSigningKeys({ ...options, url: endpoints.openId });
  const authentication = new ConfigurationBotFrameworkAuthentication(
    toAuthentication({ ...endpoints, openId: registerKeys(endpoints.openId, keys, options.signal) }, config),
    new Credentials(appId, options.tokens),
    // Of the keys that the service publishes, those of Teams.
    new AuthenticationConfiguration(config.insecureLocal ? [] : ["msteams"]),
    undefined,
    { httpClient: createHttpClient(options) },
  );
  const cloud = new CloudAdapter(authentication);

  const call = async <T>(
    to: TeamsAddress,
    name: string,
    purpose: Purpose,
    signal: AbortSignal,
    make: (client: ConnectorClient) => Promise<T>,
  ): Promise<T> => {
    if (signal.aborted) throw new DeliveryError("unavailable", `${name}: not begun, the bridge is stopping`);
    const results: T[] = [];
    try {
      await cloud.continueConversationAsync(appId, toReference(to), async (context) => {
        const client = context.turnState.get<ConnectorClient>(cloud.ConnectorClientKey);
        results.push(await make(client));
      });
    } catch (error) {
      throw toDeliveryError(error, name, purpose);
    }
    const [result] = results;
    if (result === undefined) throw new DeliveryError("unavailable", `${name}: the SDK did not make the call`);
    return result;
  };

  return {
    async prepare() {
      if (options.tokens) await keys.getKey("");
    },
    async isAuthentic(activity, authorization) {
      try {
        const { claimsIdentity } = await authentication.authenticateRequest(new TurnContext(cloud, activity).activity, authorization);
        // The SDK also takes tokens that an emulator gets with the bot's own credentials; nobody here needs those.
        return config.insecureLocal || claimsIdentity.getClaimValue("iss") === endpoints.issuer;
      } catch (error) {
        if (error instanceof DeliveryError) throw error;
        return false; // whatever the SDK found wrong with the token, it is not good
      }
    },
    async post(to, message, signal) {
      const { id } = await call(to, "post", "post", signal, ({ conversations }) =>
        conversations.sendToConversation(to.conversation, toActivity(to, message), { abortSignal: signal }),
      );
      return id;
    },
    async update(to, id, message, signal) {
      await call(to, "update", "edit", signal, ({ conversations }) =>
        conversations.updateActivity(to.conversation, id, { ...toActivity(to, message), id }, { abortSignal: signal }),
      );
    },
    async remove(to, id, signal) {
      await call(to, "remove", "edit", signal, ({ conversations }) =>
        conversations.deleteActivity(to.conversation, id, { abortSignal: signal }),
      );
    },
    member: (to, roster, user, signal) =>
      call(to, "member", "read", signal, ({ conversations }) => conversations.getConversationMember(roster, user, { abortSignal: signal })),
    async chatWith(to, user, signal) {
      const { id } = await call(to, "open chat", "create", signal, ({ conversations }) =>
        conversations.createConversation(
          {
            isGroup: false,
            bot: account(to.bot),
            members: [account(user)],
            tenantId: to.tenant,
            channelData: { tenant: { id: to.tenant } },
          },
          { abortSignal: signal },
        ),
      );
      if (!id) throw new DeliveryError("unavailable", "open chat: the answer names no conversation");
      return id;
    },
  };
}

/** Until it is told otherwise, the SDK drops what entities hold: stream information, the AI label, citations. */
function keepEntities(): void {
  Entity.type.additionalProperties ??= { type: { name: "Object" } };
}

/**
 * The SDK looks keys up by the address of their metadata, and would fetch them past our guard and proxy, without a time limit. What it
 * finds registered it does not fetch. Gives the name under which this adapter's keys are registered, until the signal ends it.
 */
function registerKeys(url: string, keys: ReturnType<typeof createSigningKeys>, signal: AbortSignal): string {
  const cache: unknown = Reflect.get(JwtTokenExtractor, "openIdMetadataCache");
  if (!(cache instanceof Map)) throw new Error("this version of botframework-connector keeps its keys elsewhere");
  const name = `${url}#${randomUUID()}`;
  cache.set(name, keys);
  signal.addEventListener("abort", () => cache.delete(name), { once: true });
  return name;
}

/** All of them: where one is given, the SDK takes no default for the others. */
function toAuthentication({ login, openId, issuer, scope }: Endpoints, { appId, tenantId, cloud }: TeamsConfig) {
  return {
    MicrosoftAppId: appId ?? "",
    MicrosoftAppType: "SingleTenant",
    MicrosoftAppTenantId: tenantId ?? "",
    ValidateAuthority: true,
    ToChannelFromBotLoginUrl: `${login}/${tenantId ?? ""}`,
    ToChannelFromBotOAuthScope: scope,
    ToBotFromChannelTokenIssuer: issuer,
    OAuthUrl: scope,
    ToBotFromChannelOpenIdMetadataUrl: openId,
    // Tokens of emulators are refused whatever they are signed with: see `isAuthentic`.
    ToBotFromEmulatorOpenIdMetadataUrl: openId,
    CallerId: cloud === "public" ? "urn:botframework:azure" : "urn:botframework:azureusgov",
  };
}

class Credentials extends ServiceClientCredentialsFactory {
  readonly #appId: string;
  readonly #tokens: Tokens | undefined;
  constructor(appId: string, tokens: Tokens | undefined) {
    super();
    this.#appId = appId;
    this.#tokens = tokens;
  }
  async isValidAppId(appId: string): Promise<boolean> {
    return appId === this.#appId;
  }
  async isAuthenticationDisabled(): Promise<boolean> {
    return this.#tokens === undefined;
  }
  async createCredentials(): Promise<Awaited<ReturnType<ServiceClientCredentialsFactory["createCredentials"]>>> {
    const tokens = this.#tokens;
    return {
      async signRequest(request) {
        if (tokens) request.headers.set("authorization", `Bearer ${await tokens.get()}`);
        return request;
      },
    };
  }
}

function toReference(to: TeamsAddress): Partial<ConversationReference> {
  return { channelId: "msteams", serviceUrl: to.serviceUrl, bot: account(to.bot), conversation: toConversation(to) };
}

function toConversation({ conversation: id, kind, tenant }: TeamsAddress): ConversationReference["conversation"] {
  return nameless({ id, conversationType: kind, isGroup: kind !== "personal", tenantId: tenant });
}

const account = (id: string): ConversationReference["bot"] => nameless({ id });

function nameless<T extends { name: string }>(value: Omit<T, "name">): T {
  // biome-ignore lint/plugin: the SDK's types ask for names, the service does not
  return value as T;
}

/** Without `replyToId`: which thread it is stands in the conversation's id. */
function toActivity(to: TeamsAddress, { entities, attachments, ...message }: Message) {
  return {
    ...message,
    channelId: "msteams",
    serviceUrl: to.serviceUrl,
    from: account(to.bot),
    conversation: toConversation(to),
    ...(to.kind === "personal" && to.user && { recipient: account(to.user.id) }),
    ...(entities && { entities: [...entities] }),
    ...(attachments && { attachments: [...attachments] }),
  };
}
