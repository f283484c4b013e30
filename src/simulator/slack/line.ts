/** One request as it went out and came back; status 0: no answer. */
export interface Attempt {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is sent to an app, by the names that Socket Mode gives it. */
export type Payload =
  | { readonly type: "events_api"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: "interactive"; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: "slash_commands"; readonly body: Readonly<Record<string, string>> };

export interface Retry {
  /** 1 for the first time that something is sent again. */
  readonly number: number;
  readonly reason: string;
}

/** The way from Slack to the app: signed requests, or sockets that the app holds. */
export interface Line {
  /** Whether there is an app at the other end at all. */
  isThere(): boolean;
  /** Sends once. Never rejects: status 200 is taken, 0 is not answered. */
  send(payload: Payload, retry?: Retry): Promise<Attempt>;
}
