import type {
  AgentCard,
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  ListTasksResponse,
  Message,
  SendMessageRequest,
  StreamResponse,
  Task,
} from "@a2a-js/sdk";
import { UnsupportedOperationError } from "@a2a-js/sdk/errors";
import { type AgentExecutor, DefaultRequestHandler, type ServerCallContext } from "@a2a-js/sdk/server";
import type { Exchanges } from "./exchanges.ts";
import type { PushDesk } from "./push-desk.ts";
import { isTerminal, type TaskBook } from "./tasks.ts";

/** Which operations are real besides sending. */
export interface Operations {
  readonly get: boolean;
  readonly list: boolean;
  readonly cancel: boolean;
}

/** The SDK's request handler, with operations that can be taken away and calls that an agent may leave early. */
export class SimulatedRequestHandler extends DefaultRequestHandler {
  readonly #operations: Operations;
  readonly #exchanges: Exchanges;
  readonly #earlier: (messageId: string) => Task | undefined;

  constructor(
    card: AgentCard,
    parts: {
      readonly tasks: TaskBook;
      readonly executor: AgentExecutor;
      readonly desk: PushDesk;
      readonly operations: Operations;
      readonly exchanges: Exchanges;
      /** The task of a message that the agent has had before, where it knows such a message again. */
      readonly earlier: (messageId: string) => Task | undefined;
    },
  ) {
    super(card, parts.tasks, parts.executor, undefined, parts.desk, parts.desk);
    this.#operations = parts.operations;
    this.#exchanges = parts.exchanges;
    this.#earlier = parts.earlier;
  }

  override async sendMessage(params: SendMessageRequest, context: ServerCallContext): Promise<Message | Task> {
    const earlier = this.#earlier(params.message?.messageId ?? "");
    if (earlier) return earlier;
    const answer = super.sendMessage(params, context);
    const exchange = this.#exchanges.of(context);
    return exchange ? Promise.race([answer, exchange.detached]) : answer;
  }

  override async *sendMessageStream(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const earlier = this.#earlier(params.message?.messageId ?? "");
    if (earlier && isTerminal(earlier)) return yield { payload: { $case: "task", value: earlier } };
    if (earlier) return yield* super.resubscribe({ id: earlier.id, tenant: "" }, context);
    const events = super.sendMessageStream(params, context);
    const left = this.#exchanges.of(context)?.detached;
    for (;;) {
      const next = events.next();
      const event = await (left ? Promise.race([next, left]) : next);
      if (!("done" in event)) return void drain(next, events);
      if (event.done) return;
      yield event.value;
    }
  }

  override async getTask(params: GetTaskRequest, context: ServerCallContext): Promise<Task> {
    if (!this.#operations.get) throw new UnsupportedOperationError("tasks cannot be looked up here");
    return super.getTask(params, context);
  }

  override async cancelTask(params: CancelTaskRequest, context: ServerCallContext): Promise<Task> {
    if (!this.#operations.cancel) throw new UnsupportedOperationError("tasks cannot be canceled here");
    return super.cancelTask(params, context);
  }

  override async listTasks(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    if (!this.#operations.list) throw new UnsupportedOperationError("tasks cannot be listed here");
    return super.listTasks(params, context);
  }
}

/** The events of a task reach store and webhooks only while somebody reads them. */
async function drain(next: Promise<IteratorResult<StreamResponse, void>>, events: AsyncGenerator<StreamResponse>): Promise<void> {
  try {
    if ((await next).done) return;
    for await (const _event of events);
  } catch {
    // A message that joined opened a second view of the same task, which ends this one; the second goes on.
  }
}
