import { randomUUID } from "node:crypto";
import type { Message } from "./message.ts";
import { channelWords, toWireMessage } from "./wire.ts";
import type { Channel, Workspace } from "./workspace.ts";

/** An Events API envelope, ready to be signed and sent. */
export interface Envelope {
  readonly type: "event_callback";
  readonly event_id: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** What happened in the workspace, as far as apps may hear of it. */
export type Happening =
  | { readonly kind: "posted"; readonly message: Message }
  | { readonly kind: "changed"; readonly message: Message; readonly before: Readonly<Record<string, unknown>> }
  | { readonly kind: "deleted"; readonly channel: string; readonly ts: string; readonly before: Readonly<Record<string, unknown>> }
  /** An admin has removed the app. */
  | { readonly kind: "uninstalled" }
  | {
      readonly kind: "stopPressed";
      readonly channel: string;
      readonly user: string;
      readonly threadTs: string;
      readonly streams: readonly string[];
    };

/**
 * The events that Slack sends the app for a happening: none where it is not in the channel or lacks the subscription or scope.
 * A mention in a channel makes two, `message` and `app_mention`, each with an id of its own.
 */
export function toEnvelopes(workspace: Workspace, happening: Happening): readonly Envelope[] {
  if (happening.kind === "uninstalled") return toFarewell(workspace).map((event) => toEnvelope(workspace, event));
  const id = happening.kind === "posted" || happening.kind === "changed" ? happening.message.channel : happening.channel;
  const channel = workspace.channels.get(id);
  const { app } = workspace;
  if (channel === undefined || !channel.members.has(app.botUser) || app.standing !== "installed") return [];
  return toEvents(workspace, channel, happening).map((event) => toEnvelope(workspace, event, channel));
}

/** Both come, in no fixed order (docs: tokens_revoked). */
function toFarewell({ app }: Workspace): readonly Record<string, unknown>[] {
  const all = [{ type: "app_uninstalled" }, { type: "tokens_revoked", tokens: { oauth: [], bot: [app.botUser] } }];
  return all.filter(({ type }) => app.events.has(type));
}

function toEvents(
  workspace: Workspace,
  channel: Channel,
  happening: Exclude<Happening, { kind: "uninstalled" }>,
): readonly Record<string, unknown>[] {
  const { app } = workspace;
  const words = channelWords[channel.kind];
  const heard = app.events.has(words.event) && app.scopes.has(words.history);
  const place = { channel: channel.id, channel_type: words.type };
  switch (happening.kind) {
    case "posted": {
      const event = { ...toWireMessage(workspace, happening.message, true), event_ts: happening.message.ts };
      return [
        ...(heard ? [{ ...event, ...place }] : []),
        ...(isMention(workspace, channel, happening.message) ? [toMention(event, channel)] : []),
      ];
    }
    case "changed": {
      const message = toWireMessage(workspace, happening.message, true);
      return heard ? [{ ...hidden(workspace, "message_changed"), message, previous_message: happening.before, ...place }] : [];
    }
    case "deleted":
      return heard
        ? [{ ...hidden(workspace, "message_deleted"), deleted_ts: happening.ts, previous_message: happening.before, ...place }]
        : [];
    case "stopPressed":
      return app.events.has("agent_session_stopped") && app.scopes.has("chat:write") ? [toStopped(workspace, happening)] : [];
  }
}

function hidden(workspace: Workspace, subtype: string): Record<string, unknown> {
  const ts = workspace.ts();
  return { type: "message", subtype, hidden: true, ts, event_ts: ts };
}

/** Mentions in direct messages make no `app_mention`; an app does not hear itself mention itself. */
function isMention(workspace: Workspace, channel: Channel, message: Message): boolean {
  const { app } = workspace;
  const subscribed = app.events.has("app_mention") && app.scopes.has("app_mentions:read");
  return subscribed && channel.kind !== "im" && message.user !== app.botUser && message.text.includes(`<@${app.botUser}>`);
}

function toMention(event: Record<string, unknown>, channel: Channel): Record<string, unknown> {
  const { subtype: _, ...rest } = event;
  return { ...rest, type: "app_mention", channel: channel.id };
}

function toStopped(workspace: Workspace, stop: Extract<Happening, { kind: "stopPressed" }>): Record<string, unknown> {
  const { channel, user, threadTs, streams } = stop;
  return { type: "agent_session_stopped", channel, user, thread_ts: threadTs, streaming_message_ts: streams, event_ts: workspace.ts() };
}

/** Wraps any event; `channel` tells whether strangers may be there. */
export function toEnvelope(workspace: Workspace, event: Readonly<Record<string, unknown>>, channel?: Channel): Envelope {
  const { app, team, clock } = workspace;
  return {
    token: "retired",
    team_id: team.id,
    context_team_id: team.id,
    context_enterprise_id: null,
    api_app_id: app.id,
    event,
    type: "event_callback",
    event_id: `Ev${randomUUID().replaceAll("-", "").slice(0, 14).toUpperCase()}`,
    event_time: Math.floor(clock.now() / 1000),
    authorizations: [{ enterprise_id: null, team_id: team.id, user_id: app.botUser, is_bot: true, is_enterprise_install: false }],
    is_ext_shared_channel: channel?.shared ?? false,
    event_context: `4-${randomUUID()}`,
  };
}
