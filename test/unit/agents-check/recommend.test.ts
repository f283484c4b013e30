import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import type { Ability, Real } from "../../../src/agents/check/finding.ts";
import { guessFromUrl } from "../../../src/agents/check/guess.ts";
import { recommend } from "../../../src/agents/check/recommend.ts";
import { toAgentYaml } from "../../../src/agents/check/yaml.ts";
import { agentSchema } from "../../../src/agents/config.ts";
import { parseConfig } from "../../../src/config.ts";

const everything = ["stream", "blocking", "push", "memory", "get", "list", "resubscribe", "cancel"] as const satisfies readonly Ability[];
const url = "https://agent.example.com";

function learned(
  real: Partial<Record<Ability, Real>>,
  more: Partial<Parameters<typeof recommend>[2]> = {},
): Parameters<typeof recommend>[2] {
  const findings = everything.map((ability) => ({ ability, declared: undefined, real: real[ability] ?? "yes", seen: "" }));
  return { findings, endless: false, contextId: "server", arrivals: [], ...more };
}

describe("the recommended policy", () => {
  test("says nothing about what is as the defaults have it", () => {
    expect(recommend("a", agentSchema.parse({ url }), learned({}))).toEqual({ url });
  });

  test("leaves out ways and operations that are not real", () => {
    expect(recommend("a", agentSchema.parse({ url }), learned({ stream: "no", push: "no", get: "no", resubscribe: "no" }))).toEqual({
      url,
      delivery: ["blocking"],
      operations: { get: false, resubscribe: false, push: false },
    });
  });

  test("keeps what the admin has configured, in that order, and turns round what proved otherwise", () => {
    const config = agentSchema.parse({
      url,
      delivery: ["poll", "stream"],
      operations: { get: false },
      taskId: "never",
      limits: { pollSeconds: 9 },
    });

    expect(recommend("a", config, learned({ stream: "no" }))).toEqual({
      ...{ url, taskId: "never", limits: { pollSeconds: 9 } },
      ...{ delivery: ["poll"], operations: { get: true } },
    });
  });

  test("keeps push where nobody could try it, but not as the only hope", () => {
    expect(recommend("a", agentSchema.parse({ url }), learned({ push: "untried" }))).toEqual({ url });
    expect(
      recommend("a", agentSchema.parse({ url }), learned({ push: "untried", stream: "no", get: "no", blocking: "no" })),
    ).toBeUndefined();
  });

  test("shuts the end of a stream that tells no end, unless the task can be looked at", () => {
    expect(recommend("a", agentSchema.parse({ url }), learned({ get: "no" }, { endless: true }))).toMatchObject({ streamEnd: "completed" });
    expect(recommend("a", agentSchema.parse({ url }), learned({}, { endless: true }))).not.toHaveProperty("streamEnd");
  });

  test("opens a door without a secret only for pushes that came without one", () => {
    const arrival = { events: [], own: true, proven: true, path: "/a2a/push/a/x" };
    const push = (one: typeof arrival) => recommend("a", agentSchema.parse({ url }), learned({}, { arrivals: [one] }))?.push;

    expect(push(arrival)).toBeUndefined();
    expect(push({ ...arrival, proven: false })).toEqual({ auth: "none" });
    expect(push({ ...arrival, own: false, proven: false, path: "/hook" })).toEqual({ auth: "none", path: "/hook" });
  });
});

test("what is written as YAML is read back as it was, whatever stands in it", () => {
  const keys = {
    ...{ url: "https://a.example.com/x?y=1#z", preset: "spark", employee: "yes", transcript: 4000, limits: { pollSeconds: 9 } },
    metadata: { "a key: with {marks}": 'text with "quotes", # marks and ${NOT_A_REFERENCE} inside\nand lines', on: "no" },
    delivery: ["push", "poll"],
    auth: { type: "bearer", token: "${A_TOKEN}" },
  };
  const config = parseConfig(
    { agents: parse(toAgentYaml("a", keys)), slack: { botToken: "xoxb-1", signingSecret: "s" }, outbound: { allowPrivateNetworks: true } },
    { A_TOKEN: "t0ken" },
    "what was written",
  );

  expect(config.agents.a).toMatchObject({ ...keys, auth: { type: "bearer", token: "t0ken" } });
});

test.each([
  ["https://acme.api.eu.nexthink.cloud/api/spark/a2a", "spark"],
  ["https://acme.brightsy.ai/api/v1beta/agent/7/a2a", "brightsy"],
  ["https://agents.example.com/run/agents/a2a", "inkeep"],
  ["https://space.example.com/discovery/7/.well-known/agent.json", "agentspace"],
  ["https://agents.example.com/", undefined],
])("%s looks like %s", (address, preset) => {
  expect(guessFromUrl(address)).toBe(preset);
});
