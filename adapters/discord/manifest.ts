/**
 * What an admin installs: commands, permissions and intents. The manifest writes these down, and the adapter understands them.
 * https://discord.com/developers/docs/interactions/application-commands
 */

export const commandNames = { ask: "ask", agent: "agent", whoami: "whoami", send: "Send to agent" } as const;

/** In servers and in direct messages with the bot; installed in servers only, for results need a bot that is there. */
const everywhere = { contexts: [0, 1], integration_types: [0] } as const;

const agentOption = {
  type: 3,
  name: "agent",
  description: "Which agent; leave it out for the usual one",
  required: false,
  autocomplete: true,
};
const sub = (name: string, description: string) => ({ type: 1, name, description });

/** Every command, as `PUT /applications/{id}/commands` takes them. */
export const commands = [
  {
    name: commandNames.ask,
    description: "Ask an agent; the answer comes in a thread",
    type: 1,
    ...everywhere,
    options: [
      { type: 3, name: "prompt", description: "What to ask", required: true, max_length: 6_000 },
      agentOption,
      { type: 11, name: "file", description: "A file that goes along", required: false },
    ],
  },
  {
    name: commandNames.agent,
    description: "What the agent of this conversation is to do",
    type: 1,
    ...everywhere,
    options: [
      sub("status", "What the agent works on here"),
      sub("stop", "Stop the agent's work in this conversation"),
      sub("new", "Begin afresh: the agent forgets this conversation"),
      sub("again", "Ask once more what was lost on the way"),
      sub("list", "Which agents answer here"),
      sub("help", "What you can say"),
    ],
  },
  { name: commandNames.whoami, description: "What agents are told about you (only you see this)", type: 1, ...everywhere },
  { name: commandNames.send, type: 3, contexts: [0], integration_types: [0] },
] as const;

/** By Discord's names. https://discord.com/developers/docs/topics/permissions */
export const permissions = {
  AddReactions: 1n << 6n,
  ViewChannel: 1n << 10n,
  SendMessages: 1n << 11n,
  EmbedLinks: 1n << 14n,
  AttachFiles: 1n << 15n,
  ReadMessageHistory: 1n << 16n,
  CreatePublicThreads: 1n << 35n,
  SendMessagesInThreads: 1n << 38n,
} as const;

/** All of them as one number, as the install link takes it. */
export const permissionsInteger = Object.values(permissions)
  .reduce((sum, bit) => sum | bit, 0n)
  .toString();

/** By Discord's names. MessageContent has to be switched on in the developer portal. https://discord.com/developers/docs/events/gateway#gateway-intents */
export const intents = { Guilds: 1 << 0, GuildMessages: 1 << 9, DirectMessages: 1 << 12, MessageContent: 1 << 15 } as const;
