import { agentSchema } from "../../../src/agents/config.ts";
import { toPolicy } from "../../../src/agents/policy.ts";
import type { Abilities, AgentClient, AgentEvent, AgentRequest, TaskRef } from "../../../src/model/agent.ts";

/** What the agent says in one call, and how the call fails where it does. A function is asked when the call is made. */
type Said = AsyncIterable<AgentEvent> | readonly AgentEvent[] | Error;
type Answer = Said | (() => Said);

export interface FakeAgent extends AgentClient {
  /** Every message that left for the agent, also those that did not get through. */
  readonly sent: readonly AgentRequest[];
  /** Every look at a task. */
  readonly looked: readonly TaskRef[];
  /** What the next calls get, in their order. A call that nothing was said for fails the test. */
  onSend(...answers: readonly Answer[]): void;
  onLook(...answers: readonly Answer[]): void;
}

/** An agent that does what the test says, call by call. `config` as in the configuration file; `abilities` as its card has them. */
export function createFakeAgent(config: Readonly<Record<string, unknown>> = {}, abilities: Partial<Abilities> = {}): FakeAgent {
  const sent: AgentRequest[] = [];
  const looked: TaskRef[] = [];
  const sends: Answer[] = [];
  const looks: Answer[] = [];
  const all = { push: false, get: true, resubscribe: false, list: false, cancel: true, inputModes: ["text/plain"], ...abilities };
  return {
    name: "helper",
    policy: toPolicy(agentSchema.parse({ url: "https://agent.example.com", ...config })),
    sent,
    looked,
    onSend: (...answers) => void sends.push(...answers),
    onLook: (...answers) => void looks.push(...answers),
    abilities: async () => all,
    send(request) {
      sent.push(request);
      return say("message", sends.shift());
    },
    resume(task) {
      looked.push(task);
      return say("look", looks.shift());
    },
    find: async () => undefined,
    cancel: async () => undefined,
  };
}

async function* say(what: string, answer: Answer | undefined): AsyncGenerator<AgentEvent> {
  const said = typeof answer === "function" ? answer() : answer;
  if (said === undefined) throw new Error(`the agent was not told what to do with this ${what}`);
  if (said instanceof Error) throw said;
  yield* said;
}
