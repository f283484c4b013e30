/** What is counted. Labels hold names of the configuration and fixed words only: never an id, a text or a person. */
export interface CounterLabels {
  /** Events at the door, by what became of them. */
  readonly bridge_events_total: { readonly platform: string; readonly result: string };
  /** Turns that have their end. */
  readonly bridge_turns_total: { readonly platform: string; readonly agent: string; readonly outcome: string };
  /** Tries to post, by their result. */
  readonly bridge_posts_total: { readonly platform: string; readonly result: string };
  /** Posts that failed, by how: `rateLimited`, `unavailable`, `ambiguous`, `replacedGone`, `threadGone`, `refused`. */
  readonly bridge_post_errors_total: { readonly platform: string; readonly kind: string };
  /** Posts whose outcome was unknown when they were taken up again: `found` on the platform, or `repeated`, which may have doubled them. */
  readonly bridge_ambiguous_posts_total: { readonly platform: string; readonly result: "found" | "repeated" };
  /** Calls to agents that failed, by how: `unreachable`, `rateLimited`, `broken`, `silent`, `refused`, `unauthorized` and so on. */
  readonly bridge_agent_errors_total: { readonly agent: string; readonly kind: string };
  /** Pushes of agents at the door. The agent is `unknown` where the address names none. */
  readonly bridge_pushes_total: { readonly agent: string; readonly result: PushResult };
  /** Requests that were answered, by the pattern of their path and the status. */
  readonly bridge_http_requests_total: { readonly route: string; readonly status: string };
}

export type PushResult = "accepted" | "duplicate" | "refused" | "unreadable" | "tooLarge";

/**
 * The way of a message in its parts. `accept`: from the door to the commit. `take`: until its turn is committed. `ask`: from the commit at
 * the door until the agent is sent to. `answer`: from there until the agent is first heard of. `post`: from the commit of a reply until
 * it stands in the thread.
 */
export type Hop = "accept" | "take" | "ask" | "answer" | "post";

/** Seconds. */
export interface HistogramLabels {
  /** From the sending of a message to the end of its turn. */
  readonly bridge_turn_seconds: { readonly platform: string; readonly agent: string };
  readonly bridge_hop_seconds: { readonly platform: string; readonly hop: Hop };
}

export interface Metrics {
  count<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name]): void;
  observe<Name extends keyof HistogramLabels>(name: Name, value: number, labels: HistogramLabels[Name]): void;
}
