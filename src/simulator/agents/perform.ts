import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { Artifact, Message, Part, type Task, TaskState } from "@a2a-js/sdk";
import { AgentEvent, type ExecutionEventBus, type RequestContext } from "@a2a-js/sdk/server";
import type { Clock } from "../../model/clock.ts";
import { assertNever } from "../../model/errors.ts";
import type { Exchange } from "./exchanges.ts";
import type { PostOffice } from "./post-office.ts";
import type { Content, Step, StepState } from "./steps.ts";
import type { TaskBook } from "./tasks.ts";
import { aborted } from "./walk.ts";

export interface Stage {
  readonly request: RequestContext;
  readonly bus: ExecutionEventBus;
  readonly exchange: Exchange | undefined;
  readonly tasks: TaskBook;
  readonly office: PostOffice;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How a turn stands after a step: it goes on, or its call is left hanging for ever. */
export type After = "on" | "hung";

const states: Readonly<Record<StepState, TaskState>> = {
  working: TaskState.TASK_STATE_WORKING,
  inputRequired: TaskState.TASK_STATE_INPUT_REQUIRED,
  authRequired: TaskState.TASK_STATE_AUTH_REQUIRED,
  completed: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  rejected: TaskState.TASK_STATE_REJECTED,
  canceled: TaskState.TASK_STATE_CANCELED,
};

/** Does the steps of one turn, one by one. The SDK wants the task published before anything about it, in every turn. */
export class Performer {
  readonly #stage: Stage;
  #begun = false;
  #ended = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async do(step: Step): Promise<After> {
    switch (step.kind) {
      case "status":
        return this.#status(step.state, step.content);
      case "output":
        await this.#begin();
        await this.#publish(AgentEvent.artifactUpdate({ ...this.#ids, ...artifactOf(step), metadata: undefined }));
        return "on";
      case "message":
        await this.#publish(AgentEvent.message(this.#message(step.content, "")));
        this.#ended = true;
        return "on";
      case "wait":
        await this.#wait(step.until);
        return "on";
      case "detach":
        return this.#detach();
      case "drop":
        this.#stage.exchange?.response.destroy();
        return "on";
      case "respond":
        return this.#respond(step);
      case "silent":
        return "hung";
      case "pushes":
        await this.#pushes(step.action);
        return "on";
      default:
        return assertNever(step);
    }
  }

  get #ids() {
    return { taskId: this.#stage.request.taskId, contextId: this.#stage.request.contextId };
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { request, clock } = this.#stage;
    const state = request.task ? TaskState.TASK_STATE_WORKING : TaskState.TASK_STATE_SUBMITTED;
    const status = { state, message: undefined, timestamp: stamp(clock) };
    const { taskId: id, contextId } = this.#ids;
    const fresh: Task = { id, contextId, status, artifacts: [], history: [request.userMessage], metadata: undefined };
    await this.#publish(AgentEvent.task(request.task ? { ...request.task, status } : fresh));
  }

  async #status(state: StepState, content: Content | undefined): Promise<After> {
    await this.#begin();
    const message = content === undefined ? undefined : this.#message(content, this.#ids.taskId);
    const status = { state: states[state], message, timestamp: stamp(this.#stage.clock) };
    await this.#publish(AgentEvent.statusUpdate({ ...this.#ids, status, metadata: undefined }));
    this.#ended = state !== "working" && state !== "authRequired";
    return "on";
  }

  async #publish(event: ReturnType<(typeof AgentEvent)[keyof typeof AgentEvent]>): Promise<void> {
    if (this.#ended) throw new Error("a script speaks after its end");
    this.#stage.bus.publish(event);
    // The SDK's side works in microtasks only: after this, the event is stored, written to the stream and handed to the push desk.
    await setImmediate();
  }

  async #wait(until: number | PromiseLike<unknown>): Promise<void> {
    const { clock, signal } = this.#stage;
    if (typeof until === "number") await clock.sleep(until, signal);
    else await Promise.race([until, aborted(signal)]);
  }

  async #detach(): Promise<After> {
    await this.#begin();
    const task = this.#stage.tasks.get(this.#ids.taskId);
    if (task) this.#stage.exchange?.detach(structuredClone(task));
    await setImmediate();
    return "on";
  }

  #respond(step: Extract<Step, { kind: "respond" }>): After {
    const response = this.#stage.exchange?.response;
    if (!this.#begun) this.#stage.exchange?.entry?.refused();
    if (response && !response.headersSent) response.writeHead(step.status, step.headers).end(step.body);
    return "hung";
  }

  async #pushes(action: "hold" | "release" | "again"): Promise<void> {
    if (action === "hold") this.#stage.office.hold();
    else if (action === "release") await this.#stage.office.release();
    else await this.#stage.office.again();
  }

  #message(content: Content, taskId: string): Message {
    const { contextId } = this.#ids;
    return Message.fromJSON({
      messageId: randomUUID(),
      role: "ROLE_AGENT",
      contextId,
      taskId,
      parts: partsOf(content).map((part) => Part.toJSON(part)),
    });
  }
}

/** An agent message's parts. Plain text says what it is. */
function partsOf(content: Content): Part[] {
  if (typeof content === "string") return [Part.fromJSON({ text: content, mediaType: "text/plain" })];
  return content.map((part) => Part.fromJSON(part));
}

function artifactOf(step: Extract<Step, { kind: "output" }>) {
  const artifact: Artifact = { ...Artifact.fromJSON({ artifactId: step.artifact, name: step.artifact }), parts: partsOf(step.content) };
  return { artifact, append: step.append, lastChunk: step.last };
}

const stamp = (clock: Clock): string => new Date(clock.now()).toISOString();
