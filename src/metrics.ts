import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { AggregationType, MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Ledger } from "./model/ledger.ts";
import type { CounterLabels, HistogramLabels, Metrics } from "./model/metrics.ts";

const counters: Readonly<Record<keyof CounterLabels, string>> = {
  bridge_events_total: "Events at the door, by what became of them",
  bridge_turns_total: "Turns that have their end",
  bridge_posts_total: "Tries to post, by their result",
  bridge_ambiguous_posts_total: "Posts of unknown outcome that were taken up again: found on the platform, or repeated",
};
const histograms: Readonly<Record<keyof HistogramLabels, string>> = {
  bridge_turn_seconds: "From the sending of a message to the end of its turn",
};
/** From a tenth of a second to a day. */
const boundaries = [0.1, 0.3, 1, 3, 10, 30, 60, 300, 1_800, 7_200, 86_400];

export interface MetricsBook {
  readonly metrics: Metrics;
  /** The state of now in the Prometheus text format. Rejects when the store does not answer. */
  render(): Promise<string>;
  close(): Promise<void>;
}

/** Counts in memory with OpenTelemetry, and looks at the ledger when it is asked. */
export function createMetrics(ledger: Pick<Ledger, "stats">): MetricsBook {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const histogram = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries } } as const;
  const provider = new MeterProvider({ readers: [exporter], views: [{ instrumentName: "bridge_turn_seconds", aggregation: histogram }] });
  const meter = provider.getMeter("a2a-chat-bridge");
  // The exporter puts `_total` behind the name of a counter.
  const counter = (name: keyof CounterLabels) => meter.createCounter(name.replace(/_total$/, ""), { description: counters[name] });
  const counted: Record<keyof CounterLabels, ReturnType<typeof counter>> = {
    bridge_events_total: counter("bridge_events_total"),
    bridge_turns_total: counter("bridge_turns_total"),
    bridge_posts_total: counter("bridge_posts_total"),
    bridge_ambiguous_posts_total: counter("bridge_ambiguous_posts_total"),
  };
  const seconds = meter.createHistogram("bridge_turn_seconds", { description: histograms.bridge_turn_seconds });
  const observed: Record<keyof HistogramLabels, typeof seconds> = { bridge_turn_seconds: seconds };
  const rows = meter.createObservableGauge("bridge_queue_rows", { description: "Rows of the ledger by queue and state" });
  const ages = meter.createObservableGauge("bridge_queue_oldest_seconds", { description: "Age of the oldest open row" });
  meter.addBatchObservableCallback(
    async (result) => {
      for (const { queue, state, count, oldestMs } of await ledger.stats()) {
        result.observe(rows, count, { queue, state });
        if (state === "ready" || state === "leased") result.observe(ages, oldestMs / 1_000, { queue, state });
      }
    },
    [rows, ages],
  );
  return {
    metrics: {
      count: (name, labels) => counted[name].add(1, { ...labels }),
      observe: (name, value, labels) => observed[name].record(value, { ...labels }),
    },
    async render() {
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw new Error("the ledger could not be counted", { cause: errors[0] });
      return new PrometheusSerializer().serialize(resourceMetrics);
    },
    close: () => provider.shutdown(),
  };
}
