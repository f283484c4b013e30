import { expect, test } from "@jest/globals";
import { createMetrics } from "../../src/metrics.ts";

const looks = { ledger: { backlog: async () => [] }, adapters: [], version: "1" };

async function told(book: ReturnType<typeof createMetrics>): Promise<readonly string[]> {
  const request = { method: "GET", path: "/metrics", params: {}, headers: {}, ip: "", body: new Uint8Array() };
  const { body } = await book.route.handle(request);
  return String(body)
    .split("\n")
    .filter((line) => line.startsWith("bridge_"));
}

test("what is counted is told by its labels, in whatever order they were named", async () => {
  const book = createMetrics(looks);
  book.metrics.count("bridge_turns_total", { platform: "slack", agent: "helper", outcome: "completed" });
  book.metrics.count("bridge_turns_total", { outcome: "completed", agent: "helper", platform: "slack" });
  book.metrics.count("bridge_turns_total", { platform: "slack", agent: "helper", outcome: "failed" });

  expect(await told(book)).toEqual(
    expect.arrayContaining([
      'bridge_turns_total{platform="slack",agent="helper",outcome="completed"} 2',
      'bridge_turns_total{platform="slack",agent="helper",outcome="failed"} 1',
    ]),
  );
  await book.close();
});

test("a value is in the bucket of the first boundary that it does not pass, and less than nothing is nothing", async () => {
  const book = createMetrics(looks);
  for (const seconds of [-1, 0.1, 0.2, 90_000])
    book.metrics.observe("bridge_turn_seconds", seconds, { platform: "slack", agent: "helper" });

  const lines = (await told(book)).filter((line) => line.startsWith("bridge_turn_seconds"));
  const of = 'platform="slack",agent="helper"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `bridge_turn_seconds_count{${of}} 4`,
      `bridge_turn_seconds_sum{${of}} 90000.3`,
      `bridge_turn_seconds_bucket{${of},le="0.1"} 2`,
      `bridge_turn_seconds_bucket{${of},le="0.3"} 3`,
      `bridge_turn_seconds_bucket{${of},le="86400"} 3`,
      `bridge_turn_seconds_bucket{${of},le="+Inf"} 4`,
    ]),
  );
  await book.close();
});

test("counting goes on from one look to the next", async () => {
  const book = createMetrics(looks);
  book.metrics.count("bridge_posts_total", { platform: "slack", result: "done" });
  await told(book);
  book.metrics.count("bridge_posts_total", { platform: "slack", result: "done" });

  expect(await told(book)).toContain('bridge_posts_total{platform="slack",result="done"} 2');
  await book.close();
});
