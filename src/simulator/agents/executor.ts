import { TaskState } from "@a2a-js/sdk";
import { AgentEvent, type AgentExecutor, type ExecutionEventBus, type RequestContext } from "@a2a-js/sdk/server";
import type { Clock } from "../../model/clock.ts";
import type { Exchanges } from "./exchanges.ts";
import { Performer } from "./perform.ts";
import type { PostOffice } from "./post-office.ts";
import type { TaskBook } from "./tasks.ts";
import { type Memory, type ScriptFor, toTurn } from "./turn.ts";
import { aborted, walk } from "./walk.ts";

export interface ScriptRunner extends AgentExecutor {
  /** Ends every turn where it is; resolves when none runs. */
  stop(): Promise<void>;
}

interface Running {
  readonly end: AbortController;
  readonly done: Promise<void>;
}

export function createScriptRunner(options: {
  readonly name: string;
  readonly memory: Memory;
  readonly script: ScriptFor;
  readonly exchanges: Exchanges;
  readonly tasks: TaskBook;
  readonly office: PostOffice;
  readonly clock: Clock;
}): ScriptRunner {
  const running = new Map<string, Set<Running>>();

  /** Resolves to whether the call is left hanging: then nobody may answer it any more. */
  async function run(request: RequestContext, bus: ExecutionEventBus, signal: AbortSignal): Promise<boolean> {
    const exchange = options.exchanges.of(request.context);
    exchange?.entry?.taken();
    const turn = toTurn(options.name, request, { signal, memory: options.memory, streaming: exchange?.streaming ?? false });
    const performer = new Performer({ ...options, request, bus, exchange, signal });
    for await (const step of walk(await options.script(turn), signal)) {
      if ((await performer.do(step)) === "hung") {
        await aborted(signal);
        return true;
      }
    }
    return false;
  }

  return {
    async execute(request, bus) {
      const { promise: done, resolve } = Promise.withResolvers<void>();
      const mine: Running = { end: new AbortController(), done };
      const others = running.get(request.taskId) ?? new Set();
      running.set(request.taskId, others.add(mine));
      let hung = false;
      try {
        hung = await run(request, bus, mine.end.signal);
      } finally {
        others.delete(mine);
        resolve();
      }
      // The bus of a task dies with the first turn that ends; a message that joined must not take it away from the turn at work.
      await Promise.all([...others].map((other) => other.done));
      if (others.size === 0) running.delete(request.taskId);
      if (hung) await new Promise(() => undefined);
    },
    async cancelTask(taskId, bus) {
      for (const turn of running.get(taskId) ?? []) turn.end.abort();
      const contextId = options.tasks.get(taskId)?.contextId ?? "";
      const status = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: new Date(options.clock.now()).toISOString() };
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
    },
    async stop() {
      const turns = [...running.values()].flatMap((set) => [...set]);
      for (const turn of turns) turn.end.abort();
      await Promise.all(turns.map((turn) => turn.done));
    },
  };
}
