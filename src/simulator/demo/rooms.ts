import type { Hint } from "../page/platform.ts";
import type { DemoAgents } from "./agents.ts";

type AgentName = keyof Omit<DemoAgents, "stop">;

/** A place in one of the demo's platforms, and what a newcomer can see there. */
export interface Room extends Hint {
  /** As the platform names it; absent for the direct chats with the app, which everybody has. */
  readonly id?: string;
  readonly name: string;
  readonly agent: AgentName;
  /** A forum, where each post is a thread; otherwise people write in the room itself. */
  readonly forum?: true;
}

/** The first one is where the page opens. */
export const slackRooms: readonly Room[] = [
  {
    id: "CSTREAMING",
    name: "streaming",
    agent: "poet",
    hint: "**Say something: an agent answers in a thread, and the answer grows while you read it.** Everybody here is simulated, but the bridge between you and the agent is the real one. Look on the right at what it writes down, or kill it in the middle of an answer.",
    tries: ["stream a poem", "ask me", "cut", "hostile", "help"],
  },
  {
    id: "CSLOWJOB",
    name: "slow-job",
    agent: "worker",
    hint: "It works on its own and reports back in the thread by push notification; you need not wait. Kill and restart the bridge meanwhile.",
    tries: ["job 10", "sign in", "fail", "help"],
  },
  {
    id: "CSPARK",
    name: "spark",
    agent: "spark",
    hint: "Like Nexthink Spark: it must know who asks, and answers by push alone. As Cleo, a guest, you are refused.",
    tries: ["my laptop is slow to start", "ask", "fail", "help"],
  },
  {
    id: "CBRIGHTSY",
    name: "brightsy",
    agent: "brightsy",
    hint: "Like Brightsy: a REST API of tasks that is no A2A wire. One task is the whole conversation, and it can be stopped.",
    tries: ["stream a poem", "job 20", "help"],
  },
  {
    id: "CINKEEP",
    name: "inkeep",
    agent: "inkeep",
    hint: "Like Inkeep: reception hands you over to billing, and the bridge follows within the same turn.",
    tries: ["I want a refund", "back", "help"],
  },
  {
    id: "CSISTAVA",
    name: "sistava",
    agent: "sistava",
    hint: "Like Sistava (A2A 0.1): one employee of an organisation answers, and remembers nothing from message to message.",
    tries: ["Please correct: I has two cats", "fail", "help"],
  },
  {
    id: "CAGENTSPACE",
    name: "agentspace",
    agent: "agentspace",
    hint: "Like Benchgen Agentspace: it thinks aloud and only streams; when the stream ends, the answer is whole.",
    tries: ["What is new?", "stream a poem", "help"],
  },
  {
    name: "direct",
    agent: "poet",
    hint: "A direct message: no mention is needed here. It is one conversation until you say `new`.",
    tries: ["stream a poem", "new", "status", "help"],
  },
];

/** Posts in channels, a group chat, and the personal chat, where Teams lets an answer grow. */
export const teamsRooms: readonly Room[] = [
  {
    name: "direct",
    agent: "poet",
    hint: "**The personal chat with the app: the answer grows while you read it, and thumbs judge it.** Activities are signed and checked as in the real Teams. No mention is needed; it is one conversation until you say `new`.",
    tries: ["stream a poem", "ask me", "new", "status", "help"],
  },
  {
    id: "19:helpdesk@thread.tacv2",
    name: "helpdesk",
    agent: "spark",
    hint: "A channel: each post is a thread, and the app hears what mentions it. The agent is like Nexthink Spark: it must know who asks, and answers by push.",
    tries: ["my laptop is slow to start", "ask", "fail", "help"],
  },
  {
    id: "19:jobs@thread.tacv2",
    name: "slow-job",
    agent: "worker",
    hint: "It works on its own and reports back in the thread by push notification; you need not wait.",
    tries: ["job 10", "sign in", "fail", "help"],
  },
  {
    id: "19:questions@thread.tacv2",
    name: "questions",
    agent: "poet",
    hint: "The agent that streams, in a channel: Teams lets nothing grow here, so a sign stands in the thread until the answer takes its place.",
    tries: ["stream a poem", "ask me", "long", "help"],
  },
  {
    id: "19:aurora@thread.v2",
    name: "Project Aurora",
    agent: "inkeep",
    hint: "A group chat: everybody reads along, and a mention asks the agent. Reception hands you over to billing within the same turn.",
    tries: ["I want a refund", "back", "help"],
  },
];

/** Channels, a forum, and direct messages. The bridge opens the connection itself. */
export const discordRooms: readonly Room[] = [
  {
    id: "100000000000000101",
    name: "streaming",
    agent: "poet",
    hint: "**Mention the app: it opens a thread on your message, and the answer grows there under a button to stop it.** The bridge holds a WebSocket to Discord; what is said while it is dead it reads afterwards. `/ask`, `/whoami` and `/agent status` work, too.",
    tries: ["stream a poem", "ask me", "/ask How are you?", "/whoami", "help"],
  },
  {
    id: "100000000000000102",
    name: "slow-job",
    agent: "worker",
    hint: "It works on its own and reports back in the thread by push notification; you need not wait. Kill and restart the bridge meanwhile.",
    tries: ["job 10", "sign in", "fail", "help"],
  },
  {
    id: "100000000000000103",
    name: "questions",
    agent: "spark",
    forum: true,
    hint: "A forum: each post is a thread. The agent is like Nexthink Spark and must know who asks, which Discord tells nobody: an admin has vouched for Ann and Ben. Cleo is told how to get an identity.",
    tries: ["my laptop is slow to start", "ask", "fail", "help"],
  },
  {
    name: "direct",
    agent: "poet",
    hint: "A direct message: no mention is needed here, and it is one conversation until you say `new`.",
    tries: ["stream a poem", "ask me", "new", "status", "help"],
  },
];
