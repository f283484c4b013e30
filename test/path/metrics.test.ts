import { afterEach, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete } from "../../src/simulator/agents/steps.ts";
import { until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
afterEach(async () => {
  await world?.stop();
  await agent?.stop();
});

test("a turn, an ambiguous post and the ledger's rows can be counted, and nobody is named", async () => {
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: false, push: false },
    script: () => [complete("Hello.")],
  });
  world = await createWorld({ config: { agents: { helper: { url: agent.url } } } });
  const { slack, metricsUrl } = world;
  slack.fault({ method: "chat.postMessage", kind: "dropAfter" });
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
  await until(() => slack.thread("C1", ts).replies.length === 1);
  await until(async () => (await world?.app.ledger.open("delivery", `slack:T1:C1:${ts}`))?.length === 0);

  // What is counted behind the last commit comes last.
  const text = await until(async () => {
    const now = await (await fetch(metricsUrl)).text();
    return now.includes('hop="post"') && now;
  });
  expect(text).toMatch(/^bridge_events_total\{[^}]*platform="slack"[^}]*result="accepted"[^}]*\} 1/m);
  expect(text).toMatch(/^bridge_turns_total\{[^}]*agent="helper"[^}]*outcome="completed"[^}]*\} 1/m);
  expect(text).toMatch(/^bridge_ambiguous_posts_total\{[^}]*result="found"[^}]*\} 1/m);
  expect(text).toMatch(/^bridge_turn_seconds_count\{[^}]*\} 1/m);
  for (const hop of ["accept", "take", "ask", "answer", "post"])
    expect(text).toMatch(new RegExp(`^bridge_hop_seconds_count\\{[^}]*hop="${hop}"[^}]*\\} [12]`, "m"));
  expect(text).toMatch(/^bridge_post_errors_total\{[^}]*kind="ambiguous"[^}]*\} 1/m);
  expect(text).toMatch(/^bridge_http_requests_total\{[^}]*route="\/slack\/events"[^}]*status="200"[^}]*\} [1-9]/m);
  expect(text).toMatch(/^bridge_store_up\S* 1/m);
  expect(text).toMatch(/^process_cpu_seconds_total\S* 0?\.?\d/m);
  expect(text).not.toMatch(/UANN|ann@|hello/i);
});
