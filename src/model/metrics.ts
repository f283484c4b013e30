/** What is counted. Labels hold names of the configuration and fixed words only: never an id, a text or a person. */
export interface CounterLabels {
  /** Events at the door, by what became of them. */
  readonly bridge_events_total: { readonly platform: string; readonly result: string };
  /** Turns that have their end. */
  readonly bridge_turns_total: { readonly platform: string; readonly agent: string; readonly outcome: string };
  /** Tries to post, by their result. */
  readonly bridge_posts_total: { readonly platform: string; readonly result: string };
  /** Posts whose outcome was unknown when they were taken up again: `found` on the platform, or `repeated`, which may have doubled them. */
  readonly bridge_ambiguous_posts_total: { readonly platform: string; readonly result: "found" | "repeated" };
}

export interface HistogramLabels {
  /** From the sending of a message to the end of its turn. Seconds. */
  readonly bridge_turn_seconds: { readonly platform: string; readonly agent: string };
}

export interface Metrics {
  count<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name]): void;
  observe<Name extends keyof HistogramLabels>(name: Name, value: number, labels: HistogramLabels[Name]): void;
}
