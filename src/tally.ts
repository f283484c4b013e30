import { ValueType } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType, type MetricData } from "@opentelemetry/sdk-metrics";

type Labels = Readonly<Record<string, string>>;

/** What is counted under one name. Its labels are always the same ones. */
export interface Counter {
  add(labels: Labels): void;
  collect(): MetricData;
}

/** How values are spread, likewise. */
export interface Histogram {
  record(value: number, labels: Labels): void;
  collect(): MetricData;
}

export interface About {
  readonly name: string;
  readonly description: string;
  readonly labels: readonly string[];
}

/**
 * The instruments of OpenTelemetry sort and write out the labels at each count, and a message makes a dozen. These look them up in the
 * order in which they are declared, and make OpenTelemetry's data of them when somebody asks.
 */
export function createCounter({ labels: names, ...about }: About): Counter {
  const points = new Map<string, { readonly attributes: Labels; value: number }>();
  return {
    add(labels) {
      const key = toKey(names, labels);
      const point = points.get(key);
      if (point) point.value += 1;
      else points.set(key, { attributes: { ...labels }, value: 1 });
    },
    collect: () => ({
      ...toBase(about),
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [...points.values()].map((point) => ({ ...never, ...point })),
    }),
  };
}

/** A bucket holds what is at most its boundary, and the last one the rest. */
export function createHistogram({ labels: names, boundaries, ...about }: About & { readonly boundaries: readonly number[] }): Histogram {
  const points = new Map<string, { readonly attributes: Labels; readonly counts: number[]; sum: number; count: number }>();
  const begin = (labels: Labels) => ({ attributes: { ...labels }, counts: boundaries.map(() => 0).concat(0), sum: 0, count: 0 });
  return {
    record(value, labels) {
      const key = toKey(names, labels);
      const point = points.get(key) ?? begin(labels);
      points.set(key, point);
      const bucket = boundaries.findIndex((boundary) => value <= boundary);
      const at = bucket < 0 ? boundaries.length : bucket;
      point.counts[at] = (point.counts[at] ?? 0) + 1;
      point.sum += value;
      point.count += 1;
    },
    collect: () => ({
      ...toBase(about),
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [...points.values()].map(({ attributes, counts, sum, count }) => ({
        ...never,
        attributes,
        value: { buckets: { boundaries: [...boundaries], counts: [...counts] }, sum, count },
      })),
    }),
  };
}

/** Times are not told: whoever asks knows when that was. */
const never: { startTime: [number, number]; endTime: [number, number] } = { startTime: [0, 0], endTime: [0, 0] };

function toBase(about: Pick<About, "name" | "description">) {
  return { descriptor: { ...about, unit: "", valueType: ValueType.DOUBLE }, aggregationTemporality: AggregationTemporality.CUMULATIVE };
}

function toKey(names: readonly string[], labels: Labels): string {
  let key = "";
  for (const name of names) key += `${labels[name]}\n`;
  return key;
}
