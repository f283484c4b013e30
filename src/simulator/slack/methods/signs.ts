import { type Args, requiredArg, textArg } from "../arguments.ts";
import { requireRoot } from "../history.ts";
import { type Desk, type Methods, requireMessage, requireOpenChannel } from "../method.ts";
import { refuse } from "../refusal.ts";
import type { SessionStatus } from "../sessions.ts";
import { isAgent } from "../workspace.ts";

/** What is shown beside messages: the status line, the agent session with its stop button, reactions. */
export const signMethods: Methods = {
  "assistant.threads.setStatus": { scopes: ["chat:write", "assistant:write"], run: setStatus },
  "assistant.threads.setSuggestedPrompts": { scopes: ["assistant:write"], run: setPrompts },
  "agents.sessions.setStatus": { scopes: ["chat:write"], run: setSession },
  "reactions.add": { scopes: ["reactions:write"], run: addReaction },
  "reactions.remove": { scopes: ["reactions:write"], run: removeReaction },
};

function setStatus({ workspace, sessions }: Desk, args: Args) {
  const channel = requireOpenChannel(workspace, args, "channel_id");
  const root = requireRoot(workspace, channel.id, requiredArg(args, "thread_ts"));
  if (typeof args.status !== "string") return refuse("invalid_arguments");
  const { loading_messages: loading } = args;
  if (loading !== undefined && (!Array.isArray(loading) || loading.length > 10)) return refuse("invalid_arguments");
  sessions.setText(channel.id, root.ts, args.status);
  return {};
}

/** In an agent's chat the call does nothing, without a word, when it names a thread (docs: migrating to agent messaging). */
function setPrompts({ workspace }: Desk, args: Args) {
  requireOpenChannel(workspace, args, "channel_id");
  if (!Array.isArray(args.prompts) || args.prompts.length > 4) return refuse("invalid_arguments");
  return {};
}

function setSession(desk: Desk, args: Args) {
  const { workspace, sessions } = desk;
  const channel = requireOpenChannel(workspace, args, "channel_id");
  const root = requireRoot(workspace, channel.id, requiredArg(args, "thread_ts"));
  if (!isAgent(workspace)) return refuse("not_agent_app");
  if ((textArg(args, "title")?.length ?? 0) > 200) return refuse("invalid_arguments");
  const status = requireSessionStatus(desk, args, "status");
  sessions.setSession(channel.id, root.ts, status);
  const deaf = status === "processing" && !workspace.app.events.has("agent_session_stopped");
  return deaf ? { warning: "missing_agent_session_stopped_event_subscription" } : {};
}

export function requireSessionStatus(_desk: Desk, args: Args, key: string): SessionStatus {
  const status = requiredArg(args, key);
  if (status === "active" || status === "processing" || status === "suspended" || status === "closed") return status;
  return refuse("invalid_arguments", { response_metadata: { messages: [`[ERROR] ${key} is not a session status`] } });
}

function addReaction({ workspace }: Desk, args: Args) {
  const message = requireMessage(workspace, args, "timestamp");
  const name = requiredArg(args, "name");
  if (!/^[a-z0-9_+'-]+$/.test(name)) return refuse("invalid_name");
  if (message.reactions.has(name)) return refuse("already_reacted");
  message.reactions.add(name);
  workspace.changed();
  return {};
}

function removeReaction({ workspace }: Desk, args: Args) {
  const message = requireMessage(workspace, args, "timestamp");
  if (!message.reactions.delete(requiredArg(args, "name"))) return refuse("no_reaction");
  workspace.changed();
  return {};
}
