import { z } from "zod";

/** What can be switched on or off, and costs permissions. `core` is what nothing works without. */
const all = ["core", "followUps", "directMessages", "agentView", "command", "files", "emails", "reactions"] as const;
export type Feature = (typeof all)[number];

/** The switches of the `slack` section. */
export interface SlackUse {
  readonly directMessages: "chat" | "threads" | "off";
  readonly command: string | false;
  readonly agentView: boolean;
  readonly files: boolean;
  readonly emails: boolean;
  readonly reactions: boolean;
}

/** What a call or an event needs, by the feature that makes use of it. */
type Needs = Partial<Record<Feature, readonly string[]>>;

/**
 * Every call of the Web API that the adapter makes, with the bot scopes that it needs (https://docs.slack.dev/reference/scopes). The one
 * source for the manifest, for the check at the start and for `doctor`; a call that is not here does not compile.
 */
export const calls = {
  "auth.test": { core: [] },
  "chat.postMessage": { core: ["chat:write"] },
  "chat.postEphemeral": { core: ["chat:write"] },
  "chat.update": { core: ["chat:write"] },
  "chat.startStream": { core: ["chat:write"] },
  "chat.appendStream": { core: ["chat:write"] },
  "chat.stopStream": { core: ["chat:write"] },
  "assistant.threads.setStatus": { core: ["chat:write"] },
  "users.info": { core: ["users:read"], emails: ["users:read.email"] },
  "conversations.replies": { followUps: ["channels:history", "groups:history"], directMessages: ["im:history"] },
  "conversations.history": { directMessages: ["im:history"] },
  "agents.sessions.setStatus": { agentView: ["chat:write", "assistant:write"] },
  "reactions.add": { reactions: ["reactions:write"] },
  "reactions.remove": { reactions: ["reactions:write"] },
  "files.info": { files: ["files:read"] },
  "files.getUploadURLExternal": { files: ["files:write"] },
  "files.completeUploadExternal": { files: ["files:write"] },
  /** With the app-level token, whose scope `connections:write` is no bot scope. */
  "apps.connections.open": { core: [] },
} as const satisfies Readonly<Record<string, Needs>>;

export type SlackMethod = keyof typeof calls;

/** Every event that the adapter listens to, by its name in a manifest. */
const events = {
  app_mention: { core: ["app_mentions:read"] },
  app_uninstalled: { core: [] },
  tokens_revoked: { core: [] },
  "message.channels": { followUps: ["channels:history"] },
  "message.groups": { followUps: ["groups:history"] },
  "message.im": { directMessages: ["im:history"] },
  agent_session_stopped: { agentView: ["assistant:write"] },
} as const satisfies Readonly<Record<string, Needs>>;

/** What neither a call nor an event shows: a command needs its scope to be there at all. */
const others = { "slash command": { command: ["commands"] } } as const satisfies Readonly<Record<string, Needs>>;

/** `followUps`: whether some route takes a reply in a channel's thread without a mention. */
export function toFeatures(use: SlackUse, followUps: boolean): ReadonlySet<Feature> {
  const { command, files, emails, reactions } = use;
  const directMessages = use.directMessages !== "off";
  // An agent's chat in Slack is the direct message with it.
  const agentView = use.agentView && directMessages;
  const on = { core: true, followUps, directMessages, agentView, command: command !== false, files, emails, reactions };
  return new Set(all.filter((feature) => on[feature]));
}

/** The bot scopes that these features need, each with what needs it, in the order of the alphabet. */
export function neededScopes(features: ReadonlySet<Feature>): ReadonlyMap<string, readonly string[]> {
  const needy: readonly (readonly [string, Needs])[] = Object.entries({ ...calls, ...events, ...others });
  const pairs = needy.flatMap(([what, needs]) => [...scopesIn(needs, features)].map((scope) => ({ scope, what })));
  const scopes = [...new Set(pairs.map(({ scope }) => scope))].toSorted();
  return new Map(scopes.map((scope) => [scope, pairs.filter((pair) => pair.scope === scope).map(({ what }) => what)]));
}

function neededEvents(features: ReadonlySet<Feature>): string[] {
  const known: readonly (readonly [string, Needs])[] = Object.entries(events);
  return known.flatMap(([name, needs]) => ([...features].some((feature) => needs[feature]) ? [name] : [])).toSorted();
}

function scopesIn(needs: Needs, features: ReadonlySet<Feature>): ReadonlySet<string> {
  return new Set([...features].flatMap((feature) => needs[feature] ?? []));
}

const longest = { name: 35, description: 140 } as const;
const httpsUrl = z.url({ protocol: /^https$/, message: "is not an https:// address" });
const scopes = z.array(z.string());

/** An app manifest as we write it: https://docs.slack.dev/reference/app-manifest, with nothing in it that we have no use for. */
const manifestSchema = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(2), minor_version: z.literal(1) }),
  display_information: z.strictObject({
    name: z.string().min(1).max(longest.name),
    description: z.string().min(1).max(longest.description),
  }),
  features: z.strictObject({
    app_home: z.strictObject({
      home_tab_enabled: z.literal(false),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.literal(false),
    }),
    bot_user: z.strictObject({ display_name: z.string().min(1).max(80), always_online: z.literal(true) }),
    agent_view: z.strictObject({ agent_description: z.string().min(1).max(300) }).optional(),
    slash_commands: z
      .array(
        z.strictObject({
          command: z.string().regex(/^\/[a-z0-9_-]{1,31}$/),
          description: z.string().min(1).max(2_000),
          usage_hint: z.string(),
          should_escape: z.literal(false),
          url: httpsUrl.optional(),
        }),
      )
      .length(1)
      .optional(),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: scopes }) }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ bot_events: z.array(z.string()), request_url: httpsUrl.optional() }),
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: httpsUrl.optional() }),
    // One workspace: neither an organisation's install nor tokens that run out.
    org_deploy_enabled: z.literal(false),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.literal(false),
  }),
});

export type SlackManifest = z.infer<typeof manifestSchema>;

export interface SlackManifestInput {
  readonly name: string;
  readonly description: string;
  readonly features: ReadonlySet<Feature>;
  readonly command: string | false;
  /** Where Slack sends what happens, such as https://bridge.example.com/slack/events; absent: Socket Mode. */
  readonly requestUrl?: string;
}

/** The manifest with the least that the features need. Pure: the same input gives the same manifest. */
export function buildSlackManifest({ name, description, features, command, requestUrl }: SlackManifestInput): SlackManifest {
  const hook = requestUrl === undefined ? {} : { request_url: requestUrl };
  const slash = {
    description: "What the agent is doing in this chat, and how to stop it",
    usage_hint: "[status | stop | new | help]",
    should_escape: false,
    ...(requestUrl !== undefined && { url: requestUrl }),
  } as const;
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: { name, description },
    features: {
      app_home: {
        home_tab_enabled: false,
        messages_tab_enabled: features.has("directMessages"),
        messages_tab_read_only_enabled: false,
      },
      bot_user: { display_name: toHandle(name), always_online: true },
      ...(features.has("agentView") && { agent_view: { agent_description: description } }),
      ...(command !== false && { slash_commands: [{ command, ...slash }] }),
    },
    oauth_config: { scopes: { bot: [...neededScopes(features).keys()] } },
    settings: {
      event_subscriptions: { ...hook, bot_events: neededEvents(features) },
      interactivity: { is_enabled: true, ...hook },
      org_deploy_enabled: false,
      socket_mode_enabled: requestUrl === undefined,
      token_rotation_enabled: false,
    },
  };
}

/** How the bot is mentioned; Slack takes a-z, 0-9, -, _ and a full stop there. */
function toHandle(name: string): string {
  const handle = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return handle || "agent-bridge";
}

/** What Slack's own schema lets pass: unknown names, an event without its scope, an address that is missing. Empty where all is well. */
export function findManifestProblems(manifest: unknown): readonly string[] {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const { features, oauth_config, settings } = parsed.data;
  const granted = new Set(oauth_config.scopes.bot);
  const known: Readonly<Record<string, Needs>> = events;
  const knownScopes = new Set(Object.values<Needs>({ ...calls, ...events, ...others }).flatMap((needs) => Object.values(needs).flat()));
  const hooks = [
    settings.event_subscriptions.request_url,
    settings.interactivity.request_url,
    ...(features.slash_commands ?? []).map(({ url }) => url),
  ];
  return [
    ...[...granted].filter((scope) => !knownScopes.has(scope)).map((scope) => `oauth_config.scopes.bot: there is no use for ${scope}`),
    ...settings.event_subscriptions.bot_events.flatMap((event) => {
      const needs = Object.hasOwn(known, event) ? known[event] : undefined;
      if (needs === undefined) return [`settings.event_subscriptions.bot_events: ${event} is not known`];
      const missing = Object.values(needs)
        .flat()
        .filter((scope) => !granted.has(scope));
      return missing.map((scope) => `settings.event_subscriptions.bot_events: ${event} needs the scope ${scope}`);
    }),
    ...(features.slash_commands && !granted.has("commands") ? ["features.slash_commands: needs the scope commands"] : []),
    ...(features.agent_view && !granted.has("assistant:write") ? ["features.agent_view: needs the scope assistant:write"] : []),
    ...(hooks.some((url) => (url === undefined) !== settings.socket_mode_enabled)
      ? ["settings.socket_mode_enabled: addresses are for signed requests, and only for them"]
      : []),
  ];
}
