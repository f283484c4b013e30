import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";

/** The process itself, under the names that dashboards for Prometheus know. Seconds and bytes. */
export function measureProcess(meter: Meter): void {
  const cpu = meter.createObservableCounter("process_cpu_seconds", { description: "Time on the processor, user and system" });
  const memory = meter.createObservableGauge("process_resident_memory_bytes", { description: "Resident memory" });
  const heap = meter.createObservableGauge("nodejs_heap_size_used_bytes", { description: "Memory of JavaScript in use" });
  const start = meter.createObservableGauge("process_start_time_seconds", { description: "When the process began, in seconds since 1970" });
  const lag = meter.createObservableGauge("nodejs_eventloop_lag_p99_seconds", { description: "Lag of the event loop since the last look" });
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter.addBatchObservableCallback(
    (result) => {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      result.observe(cpu, (user + system) / 1e6);
      result.observe(memory, rss);
      result.observe(heap, heapUsed);
      result.observe(start, performance.timeOrigin / 1_000);
      result.observe(lag, Math.max(0, delay.percentile(99) / 1e9 - 0.02));
      delay.reset();
    },
    [cpu, memory, heap, start, lag],
  );
}
