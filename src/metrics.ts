import type { Meter } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { measureProcess } from "./metrics-process.ts";
import type { Adapter } from "./model/adapter.ts";
import type { HttpRoute } from "./model/http.ts";
import type { Ledger } from "./model/ledger.ts";
import type { CounterLabels, HistogramLabels, Metrics } from "./model/metrics.ts";
import { createCounter, createHistogram } from "./tally.ts";

type Counters = { readonly [Name in keyof CounterLabels]: Told<CounterLabels[Name]> };
type Histograms = { readonly [Name in keyof HistogramLabels]: Told<HistogramLabels[Name]> & { readonly boundaries: readonly number[] } };
type Told<Labels> = { readonly description: string; readonly labels: readonly (keyof Labels & string)[] };

const counters: Counters = {
  bridge_events_total: { description: "Events at the door, by what became of them", labels: ["platform", "result"] },
  bridge_turns_total: { description: "Turns that have their end", labels: ["platform", "agent", "outcome"] },
  bridge_posts_total: { description: "Tries to post, by their result", labels: ["platform", "result"] },
  bridge_post_errors_total: { description: "Posts that failed, by how", labels: ["platform", "kind"] },
  bridge_ambiguous_posts_total: {
    description: "Posts of unknown outcome that were taken up again: found on the platform, or repeated",
    labels: ["platform", "result"],
  },
  bridge_agent_errors_total: { description: "Calls to agents that failed, by how", labels: ["agent", "kind"] },
  bridge_pushes_total: { description: "Pushes of agents at the door, by what became of them", labels: ["agent", "result"] },
  bridge_http_requests_total: { description: "Requests that were answered, by path and status", labels: ["route", "status"] },
};
const histograms: Histograms = {
  bridge_turn_seconds: {
    description: "From the sending of a message to the end of its turn",
    labels: ["platform", "agent"],
    boundaries: [0.1, 0.3, 1, 3, 10, 30, 60, 300, 1_800, 7_200, 86_400],
  },
  bridge_hop_seconds: {
    description: "How long a message takes from one place of its way to the next",
    labels: ["platform", "hop"],
    boundaries: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1_800, 7_200, 86_400],
  },
};

/** What is looked at when somebody asks. */
export interface Looks {
  readonly ledger: Pick<Ledger, "backlog">;
  readonly adapters: readonly Pick<Adapter, "platform" | "connected">[];
  readonly version: string;
}

const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };

export interface MetricsBook {
  readonly metrics: Metrics;
  /** The state of now in the Prometheus text format. A store that does not answer is told as `bridge_store_up 0`. */
  readonly route: HttpRoute;
  close(): Promise<void>;
}

/** Counts in memory, and looks at the ledger, the connections and the process with OpenTelemetry when it is asked. */
export function createMetrics(looks: Looks): MetricsBook {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter(scope.name);
  // The exporter puts `_total` behind the name of a counter.
  const counted = new Map(
    Object.entries(counters).map(([name, told]) => [name, createCounter({ ...told, name: name.replace(/_total$/, "") })]),
  );
  const observed = new Map(Object.entries(histograms).map(([name, told]) => [name, createHistogram({ ...told, name })]));
  lookAt(meter, looks);
  measureProcess(meter);
  return {
    metrics: {
      count: (name, labels) => counted.get(name)?.add(labels),
      observe: (name, value, labels) => observed.get(name)?.record(Math.max(0, value), labels),
    },
    route: { method: "GET", path: "/metrics", bodyLimit: 0, handle: async () => ({ status: 200, headers, body: await render() }) },
    close: () => provider.shutdown(),
  };

  async function render(): Promise<string> {
    const { resourceMetrics } = await exporter.collect();
    const metrics = [...counted.values(), ...observed.values()]
      .map((one) => one.collect())
      .filter(({ dataPoints }) => dataPoints.length > 0);
    const scopeMetrics = [{ scope, metrics }, ...resourceMetrics.scopeMetrics];
    // No prefix, no times, no constant labels; neither the target's nor the scope's information on every line.
    return new PrometheusSerializer("", false, undefined, true, true).serialize({ ...resourceMetrics, scopeMetrics });
  }
}

const scope = { name: "a2a-chat-bridge" };

function lookAt(meter: Meter, { ledger, adapters, version }: Looks): void {
  const rows = meter.createObservableGauge("bridge_queue_rows", { description: "Rows that are open or buried, by queue and state" });
  const ages = meter.createObservableGauge("bridge_queue_oldest_seconds", { description: "Age of the oldest row by queue and state" });
  const store = meter.createObservableGauge("bridge_store_up", { description: "1 while the store answers" });
  const connected = meter.createObservableGauge("bridge_connected", { description: "1 while the connection to the platform stands" });
  const info = meter.createObservableGauge("bridge_info", { description: "The version that runs" });
  meter.addBatchObservableCallback(
    async (result) => {
      result.observe(info, 1, { version, node: process.version });
      for (const adapter of adapters) {
        const up = adapter.connected?.();
        if (up !== undefined) result.observe(connected, up ? 1 : 0, { platform: adapter.platform });
      }
      const counts = await ledger.backlog().catch(() => undefined); // that it does not answer is what is told
      result.observe(store, counts ? 1 : 0);
      for (const { queue, state, count, oldestMs } of counts ?? []) {
        result.observe(rows, count, { queue, state });
        result.observe(ages, Math.max(0, oldestMs) / 1_000, { queue, state });
      }
    },
    [rows, ages, store, connected, info],
  );
}
