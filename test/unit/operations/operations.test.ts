import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { createMetrics } from "../../../src/metrics.ts";
import type { RowCount } from "../../../src/model/ledger.ts";

const read = (name: string) => readFile(join(import.meta.dirname, "../../../manifest/operations", name), "utf8");
const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) })),
});
const alertsSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ alert: z.string(), expr: z.string(), annotations: z.object({ summary: z.string(), action: z.string() }) })),
    }),
  ),
});

/** Every metric that the bridge tells, with its labels, once each of them has been counted. */
let told = "";
beforeAll(async () => {
  const backlog = async (): Promise<readonly RowCount[]> => [{ queue: "task", state: "ready", count: 1, oldestMs: 1_000 }];
  const book = createMetrics({ ledger: { backlog }, adapters: [{ platform: "slack", connected: () => true }], version: "1.0.0" });
  const { count, observe } = book.metrics;
  count("bridge_events_total", { platform: "slack", result: "accepted" });
  count("bridge_turns_total", { platform: "slack", agent: "a", outcome: "completed" });
  count("bridge_posts_total", { platform: "slack", result: "done" });
  count("bridge_post_errors_total", { platform: "slack", kind: "rateLimited" });
  count("bridge_ambiguous_posts_total", { platform: "slack", result: "found" });
  count("bridge_agent_errors_total", { agent: "a", kind: "silent" });
  count("bridge_pushes_total", { agent: "a", result: "accepted" });
  count("bridge_http_requests_total", { route: "/", status: "200" });
  observe("bridge_turn_seconds", 1, { platform: "slack", agent: "a" });
  observe("bridge_hop_seconds", 1, { platform: "slack", hop: "ask" });
  const request = { method: "GET", path: "/metrics", params: {}, headers: {}, ip: "127.0.0.1", body: new Uint8Array() };
  told = String((await book.route.handle(request)).body);
  await book.close();
});

/** What an expression names that is not told: metrics, and labels that none of its metrics has. */
function findUnknown(expression: string): readonly string[] {
  const bare = expression.replaceAll(/"[^"]*"/g, '""');
  const metrics = [...bare.matchAll(/\b(?:bridge|process|nodejs)_\w+/g)].map(([name]) => name);
  const lines = told.split("\n");
  const unknown = metrics.filter((name) => !lines.some((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`)));
  const labels = [...bare.matchAll(/by \(([^)]*)\)|(\w+)\s*(?:=~|!=|=)""/g)].flatMap(([, by, label]) => (by ?? label ?? "").split(/,\s*/));
  const known = (label: string) => lines.some((line) => metrics.some((name) => line.startsWith(`${name}{`)) && line.includes(`${label}="`));
  return [...(metrics.length === 0 ? ["no metric"] : []), ...unknown, ...labels.filter((label) => !known(label))];
}

describe("whatever is named exists:", () => {
  test("in the dashboard", async () => {
    const { panels } = dashboardSchema.parse(JSON.parse(await read("grafana-dashboard.json")));
    expect(panels.length).toBeGreaterThan(10);
    expect(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => findUnknown(expr)))).toEqual([]);
  });

  test("in the alerts, which all say what to do", async () => {
    const { groups } = alertsSchema.parse(parse(await read("prometheus-alerts.yaml")));
    const rules = groups.flatMap(({ rules }) => rules);
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.flatMap(({ expr }) => findUnknown(expr))).toEqual([]);
  });

  test("and the test sees what does not", () => {
    expect(findUnknown('rate(bridge_nothing_total{person="x"}[5m])')).toEqual(["bridge_nothing_total", "person"]);
    expect(findUnknown("sum by (room) (bridge_queue_rows)")).toEqual(["room"]);
  });
});

test("the dashboard shows every metric of the bridge", async () => {
  const dashboard = await read("grafana-dashboard.json");
  const names = [...told.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name ?? "");
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !dashboard.includes(name))).toEqual([]);
});
