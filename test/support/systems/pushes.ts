import { complete, detach, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import type { ScriptFor } from "../../../src/simulator/agents/turn.ts";
import { createGate } from "../stage.ts";

/** An agent's script that answers by push alone, once the gate is open. */
export function createPusher(): { readonly script: ScriptFor; open(): void } {
  const gate = createGate();
  return {
    open: gate.open,
    script: async function* ({ text }) {
      yield working();
      yield detach();
      yield wait(gate.passed);
      yield output("a", `Answer to ${text}`);
      yield complete();
    },
  };
}

/** One POST as an agent, or somebody who says so, makes it. Resolves to the status. */
export async function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/a2a+json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
  });
  await response.arrayBuffer();
  return response.status;
}

export const tokenHeader = (token: string | undefined): Readonly<Record<string, string>> => ({ "x-a2a-notification-token": token ?? "" });

interface Ids {
  readonly id: string;
  readonly contextId: string;
}

const state = (name: string) => `TASK_STATE_${name}`;

/** A task of A2A 1.0 as it is pushed, in a state of the forger's choice and with parts of theirs. */
export const forgedTask = ({ id, contextId }: Ids, name: string, parts: readonly unknown[] = [{ text: "gift cards!" }]): unknown => ({
  task: { id, contextId, status: { state: state(name), timestamp: "2031-01-01T00:00:00Z" }, artifacts: [{ artifactId: "forged", parts }] },
});

/** The same with the words at the status, as a question or a sign-in has them. */
export const forgedStatus = ({ id, contextId }: Ids, name: string, parts: readonly unknown[] = [{ text: "gift cards!" }]): unknown => ({
  statusUpdate: {
    taskId: id,
    contextId,
    status: {
      state: state(name),
      timestamp: "2031-01-01T00:00:00Z",
      message: { messageId: "forged", role: "ROLE_AGENT", taskId: id, contextId, parts },
    },
  },
});
