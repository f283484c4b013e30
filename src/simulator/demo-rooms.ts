import type { DemoAgents } from "./demo-agents.ts";

/** A place of the demo's workspace, and what a newcomer can see there. */
export interface Room {
  /** A channel's id in the simulated Slack. */
  readonly id: string;
  readonly name: string;
  readonly agent: keyof Omit<DemoAgents, "stop">;
  /** What is special here, in one line. */
  readonly hint: string;
  /** Words that show it. */
  readonly tries: readonly string[];
}

/** The first one is where the page opens. */
export const rooms: readonly Room[] = [
  {
    id: "CSTREAMING",
    name: "streaming",
    agent: "poet",
    hint: "The answer grows while you read it: an agent of A2A 1.0 that streams.",
    tries: ["stream a poem", "ask me", "cut", "hostile", "help"],
  },
  {
    id: "CSLOWJOB",
    name: "slow-job",
    agent: "worker",
    hint: "It works on its own and reports back in the thread by push notification; you need not wait.",
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
];

/** What stands in a direct message, which has no channel of its own: the first room's agent answers. */
export const directHint = {
  hint: "A direct message: no mention is needed here. It is one conversation until you say `new`.",
  tries: ["stream a poem", "new", "status", "help"],
} as const;
