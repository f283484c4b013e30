import type { StreamResponse, Task, TaskPushNotificationConfig } from "@a2a-js/sdk";
import { V03PushNotificationSerializer } from "@a2a-js/sdk/compat/v0_3/server";
import {
  InMemoryPushNotificationStore,
  type PushNotificationSender,
  type PushNotificationSerializer,
  type ServerCallContext,
  V1PushNotificationSerializer,
} from "@a2a-js/sdk/server";
import type { Parcel, PostOffice } from "./post-office.ts";
import type { Wire } from "./wire.ts";

/** In what a hand-made push differs from the one that the agent would send. */
export interface HandMade {
  readonly url?: string;
  /** Sent instead of the token that was registered; `null` sends no credential at all. */
  readonly token?: string | null;
  /** Sent instead of the task in the shape of the agent's protocol. */
  readonly body?: string;
  readonly contentType?: string;
}

/** The webhooks of each task, and the push sender that the SDK's request handler calls on each event. The bytes are the SDK's. */
export class PushDesk extends InMemoryPushNotificationStore implements PushNotificationSender {
  readonly #wire: Wire;
  readonly #office: PostOffice;
  readonly #webhooks = new Map<string, TaskPushNotificationConfig>();
  readonly #serializer: PushNotificationSerializer;

  constructor(wire: Wire, office: PostOffice) {
    super();
    this.#wire = wire;
    this.#office = office;
    this.#serializer = wire.protocol === "1.0" ? new V1PushNotificationSerializer() : new V03PushNotificationSerializer();
  }

  override async save(taskId: string, context: ServerCallContext, config: TaskPushNotificationConfig): Promise<void> {
    await super.save(taskId, context, config);
    this.#webhooks.set(taskId, structuredClone(config));
  }

  async send(event: StreamResponse, context: ServerCallContext, task?: Task): Promise<void> {
    if (!task) return; // a bare Message has no webhook
    for (const config of await this.load(task.id, context)) {
      this.#office.post(this.#parcel(event, task, config.url, this.#credentials(config)));
    }
  }

  /** One push with the whole task to the last webhook of that task, past everything that is held. Resolves to the status. */
  sendTask(task: Task, made: HandMade): Promise<number> {
    const known = this.#webhooks.get(task.id);
    const url = made.url ?? known?.url;
    if (url === undefined) throw new Error(`task ${task.id} has no webhook`);
    const credentials = made.token === undefined ? known && this.#credentials(known) : tokenHeader(made.token);
    const parcel = this.#parcel({ payload: { $case: "task", value: task } }, task, url, credentials ?? {});
    const type = made.contentType === undefined ? {} : { "content-type": made.contentType };
    return this.#office.postNow({ ...parcel, headers: { ...parcel.headers, ...type }, body: made.body ?? parcel.body });
  }

  #parcel(event: StreamResponse, task: Task, url: string, credentials: Readonly<Record<string, string>>): Parcel {
    const { body, contentType } = this.#serializer.serialize(event, task);
    return { url, headers: { "content-type": contentType, ...credentials }, body, taskId: task.id };
  }

  /** 1.0: `authentication` or the token, never both. 0.3: always the token. So do the SDKs of each time. */
  #credentials(config: TaskPushNotificationConfig): Readonly<Record<string, string>> {
    const { scheme = "", credentials = "" } = config.authentication ?? {};
    if (this.#wire.protocol === "1.0" && scheme !== "" && credentials !== "") return { authorization: `${scheme} ${credentials}` };
    return tokenHeader(config.token);
  }
}

const tokenHeader = (token: string | null): Readonly<Record<string, string>> => (token ? { "x-a2a-notification-token": token } : {});
