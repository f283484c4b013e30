import { createSimulatedAgent, type SimulatedAgentOptions } from "../../../src/simulator/agents/agent.ts";
import { createSparkAgent } from "../../../src/simulator/agents/spark.ts";
import type { SparkTurn } from "../../../src/simulator/agents/spark-conversations.ts";
import { complete, detach, output, type Step, wait, working } from "../../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../../src/simulator/agents/turn.ts";
import { until } from "../until.ts";
import type { Gate } from "./gate.ts";

/** When agents answer. */
export interface Gates {
  /** Opened once every message is taken, so that all are under way at the same time. */
  readonly begin: Gate;
  /** Open while the bridge is up. */
  readonly up: Gate;
}

/** An agent, and what its books say about single messages. */
export interface Party {
  readonly name: string;
  /** Its part of the bridge's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whether an answer can be had for this message after an interruption: then a notice in its place is a mistake. */
  offersWay(text: string): boolean;
  /** Whether the answers say which message they are for. Spark's name a conversation only. */
  readonly exact: boolean;
  countByMessageId(): ReadonlyMap<string, number>;
  violations(): readonly string[];
  /** Told once the bridge's address is known. */
  bridgeAt(url: string): void;
  stop(): Promise<void>;
}

export const toAnswer = (text: string): string => `Answer to ${text}`;

/** Longer than any run: these always learn what became of a message, so an expiry would only hide that they did not. */
const patient = { answerMinutes: 5, pollSeconds: 0.1 };

/**
 * One agent for each way that an answer can take, at work as soon as this resolves. What is lost on the way to an agent that pushes is
 * ended by nothing but its expiry, which must come later than a restart of the bridge on a busy machine.
 */
export async function createParties(gates: Gates, expiryMinutes: number): Promise<readonly Party[]> {
  const limits = { answerMinutes: expiryMinutes, pollSeconds: 0.1 };
  return Promise.all([stream(gates), blocking(gates), push(gates, limits), spark(gates, limits), mute(gates)]);
}

interface Limits {
  readonly answerMinutes: number;
  readonly pollSeconds: number;
}

/** Streams, knows contexts that the bridge made, and can be asked in every way. It goes on only while the bridge is up. */
function stream({ begin, up }: Gates): Promise<Party> {
  async function* script(turn: AgentTurn): AsyncGenerator<Step> {
    yield working("thinking");
    yield wait(begin.pass());
    yield output("a", "Answer ");
    yield wait(300);
    yield wait(up.pass());
    yield output("a", `to ${turn.text}`, { append: true, last: true });
    yield complete();
  }
  const wire = { protocol: "1.0", binding: "JSONRPC", modes: { streaming: true, push: false }, clientContexts: true } as const;
  const config = { delivery: ["stream"], contextId: "client" };
  return simulated({ name: "stream", ...wire, script }, config, () => true);
}

/** Answers the open call, also while nobody listens. Its tasks can be had and listed, and it knows contexts that the bridge made. */
function blocking({ begin }: Gates): Promise<Party> {
  async function* script(turn: AgentTurn): AsyncGenerator<Step> {
    yield working();
    yield wait(begin.pass());
    yield output("a", toAnswer(turn.text), { last: true });
    yield complete();
  }
  const wire = { protocol: "1.0", binding: "HTTP+JSON", modes: { streaming: false, push: false }, clientContexts: true } as const;
  return simulated({ name: "blocking", ...wire, script }, { delivery: ["blocking"], contextId: "client" }, () => true);
}

/** Answers by push, also while nobody listens. Its tasks can be listed once the conversation has an id of the agent's. */
function push({ begin }: Gates, limits: Limits): Promise<Party> {
  async function* script(turn: AgentTurn): AsyncGenerator<Step> {
    yield working();
    if (turn.push) yield detach();
    yield wait(begin.pass());
    yield output("a", toAnswer(turn.text), { last: true });
    yield complete();
  }
  const wire = { protocol: "1.0", binding: "JSONRPC", modes: { streaming: false, push: true } } as const;
  return simulated({ name: "push", ...wire, script }, { delivery: ["push"], limits }, isListed);
}

/** Offers no way back at all: no push, and its tasks can neither be had nor listed. */
function mute({ begin }: Gates): Promise<Party> {
  async function* script(turn: AgentTurn): AsyncGenerator<Step> {
    yield working();
    yield wait(begin.pass());
    yield output("a", toAnswer(turn.text), { last: true });
    yield complete();
  }
  const modes = { streaming: false, push: false, get: false, list: false, cancel: false };
  const operations = { get: false, list: false, resubscribe: false, cancel: false, push: false };
  const wire = { protocol: "0.3", binding: "HTTP+JSON", modes } as const;
  return simulated({ name: "mute", ...wire, script }, { delivery: ["blocking"], operations }, () => false);
}

const isListed = ({ contextId }: { readonly contextId?: string | undefined }): boolean => contextId !== undefined;

async function simulated(
  options: SimulatedAgentOptions,
  config: Readonly<Record<string, unknown>>,
  offersWay: (received: { readonly contextId?: string | undefined }) => boolean,
): Promise<Party> {
  const agent = await createSimulatedAgent(options);
  return {
    name: options.name,
    config: { url: agent.url, whileRunning: "queue", limits: patient, ...config },
    exact: true,
    offersWay: (text) => {
      const received = agent.received.find((one) => one.text === text && one.taken);
      return received !== undefined && offersWay(received);
    },
    countByMessageId: () => agent.countByMessageId(),
    violations: () => agent.violations,
    bridgeAt: () => undefined,
    stop: () => agent.stop(),
  };
}

/**
 * Pushes each answer once, to one address for all, in the order of the messages, and waits for a bridge that is down. All messages of a
 * thread are with it at the same time.
 */
async function spark({ begin, up }: Gates, limits: Limits): Promise<Party> {
  const oauth = { clientId: "bridge", clientSecret: "s3cret" };
  const agent = await createSparkAgent({ name: "spark", oauth, reply });
  const pushed = (number: number, contextId: string) =>
    agent.answers.some(({ turn, sent }) => turn.contextId === contextId && turn.number === number && sent.length > 0);
  async function reply({ text, number, contextId }: SparkTurn): Promise<string> {
    await begin.pass();
    if (number > 1) await until(() => pushed(number - 1, contextId), 60_000, `Spark's answer ${number - 1}`);
    await up.pass();
    return toAnswer(text);
  }
  return {
    name: "spark",
    config: {
      preset: "spark",
      url: agent.url,
      auth: { type: "oauth2", tokenUrl: agent.tokenUrl, ...oauth },
      push: { auth: "none" },
      limits,
    },
    exact: false,
    offersWay: (text) => agent.answers.some(({ turn, sent }) => turn.text === text && sent.includes(200)),
    countByMessageId: () => agent.countByMessageId(),
    violations: () => agent.violations,
    bridgeAt: (url) => agent.webhook(`${url}/a2a/push/spark`),
    stop: () => agent.stop(),
  };
}
