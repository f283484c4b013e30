import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { AgentConfig } from "../../../src/agents/config.ts";
import { type CardTrick, createHostileAgent, type HostileAgent } from "../../../src/simulator/agents/hostile.ts";
import type { Trick } from "../../../src/simulator/agents/hostile-tricks.ts";
import { until } from "../../support/until.ts";
import { clientFor, errorOf, never } from "./support.ts";

const megabyte = 1_048_576;
/** What the bridge may have taken when it hangs up: its own limit, and what lies on the way, which is as much as the system's sockets hold. */
const slack = 16 * megabyte;

describe.each(["1.0", "0.3"] as const)("an agent of %s that means harm", (protocol) => {
  let agent: HostileAgent;
  beforeAll(async () => {
    agent = await createHostileAgent({ protocol });
  });
  afterAll(() => agent.stop());

  const limits = { maxAnswerBytes: 2 * megabyte, silenceSeconds: 10 };
  const send = async (config: Partial<AgentConfig>, trick?: Trick) => {
    const client = clientFor({ url: agent.url, limits: { ...limits, ...(trick === "silent" ? { silenceSeconds: 0.5 } : {}) }, ...config });
    let events = 0;
    const error = await errorOf(
      (async () => {
        for await (const _ of client.send({ messageId: "m-1", text: "hello", metadata: {} }, never)) events += 1;
      })(),
    );
    return { error, events };
  };
  let before: number;
  beforeEach(() => {
    before = agent.written;
    agent.playCard(undefined);
  });

  test.each([
    ["endlessStream", "protocol", /longer than the 2 MB/],
    ["endlessComments", "protocol", /longer than the 2 MB/],
    ["hugeStream", "protocol", /longer than the 2 MB/],
    ["hugeEvent", "protocol", /longer than the 2 MB/],
    ["endlessEvent", "protocol", /longer than the 2 MB/],
    ["eventFlood", "protocol", /longer than the 2 MB/],
    ["deepEvent", "protocol", /too complex/],
    ["garbageStream", "protocol", /not A2A/],
    ["wrongType", "protocol", /web page/],
    ["garbage", "protocol", /not A2A/],
    ["redirect", "refused", /redirects/],
    ["silent", "silent", /Nothing was heard/],
  ] as const satisfies readonly (readonly [Trick, string, RegExp])[])(
    "%s for a stream is %s, said clearly, and no more is taken",
    async (trick, kind, explanation) => {
      agent.play(trick);
      const { error } = await send({ delivery: ["stream"] }, trick);

      expect(error).toMatchObject({ kind, explanation: expect.stringMatching(explanation) });
      await until(() => agent.open === 0);
      expect(agent.written - before).toBeLessThan(limits.maxAnswerBytes + slack);
      expect(agent.calls).not.toContain("trap");
    },
  );

  test.each([
    ["hugeAnswer", "protocol", /longer than the 2 MB/],
    ["endlessAnswer", "protocol", /longer than the 2 MB/],
    ["bomb", "protocol", /longer than the 2 MB/],
    ["deepAnswer", "protocol", /too complex/],
    ["wrongType", "protocol", /web page/],
    ["garbage", "protocol", /not A2A/],
    ["redirect", "refused", /redirects/],
    ["silent", "silent", /Nothing was heard/],
  ] as const satisfies readonly (readonly [Trick, string, RegExp])[])(
    "%s for an answer is %s, said clearly, and no more is taken",
    async (trick, kind, explanation) => {
      agent.play(trick);
      const { error } = await send({ delivery: ["blocking"] }, trick);

      expect(error).toMatchObject({ kind, explanation: expect.stringMatching(explanation) });
      await until(() => agent.open === 0);
      expect(agent.written - before).toBeLessThan(limits.maxAnswerBytes + slack);
      expect(agent.calls).not.toContain("trap");
    },
  );

  test.each([
    ["huge", "unsupported", /too large/],
    ["endless", "unsupported", /too large/],
    ["deep", "unsupported", /too complex/],
    ["bomb", "unsupported", /too large/],
    ["redirect", "unreachable", /card was not found/],
    ["garbage", "unreachable", /card was not found/],
    ["wrongType", "unreachable", /card was not found/],
    ["silent", "unreachable", /did not come in time/],
  ] as const satisfies readonly (readonly [CardTrick, string, RegExp])[])(
    "a card that is %s is %s, said clearly, and no message is sent",
    async (trick, kind, explanation) => {
      agent.playCard(trick);
      const sends = agent.calls.filter((call) => call !== "card").length;
      const { error } = await send({ limits: { ...limits, connectSeconds: trick === "silent" ? 0.5 : 10 } });

      expect(error).toMatchObject({ kind, explanation: expect.stringMatching(explanation) });
      await until(() => agent.open === 0);
      expect(agent.written - before).toBeLessThan(megabyte + slack);
      expect(agent.calls.filter((call) => call !== "card")).toHaveLength(sends);
    },
  );

  test("a flood of events within the size is cut off by their number", async () => {
    agent.play("eventFlood");
    const { error, events } = await send({ delivery: ["stream"], limits: { ...limits, maxAnswerBytes: 200 * megabyte } });

    expect(error).toMatchObject({ kind: "protocol", explanation: expect.stringMatching(/too many pieces/) });
    expect(events).toBeLessThanOrEqual(100_001);
    await until(() => agent.open === 0);
  });

  test("a drip keeps a call open, and the caller can always leave it", async () => {
    agent.play("drip");
    const leaving = new AbortController();
    const client = clientFor({ url: agent.url, limits, delivery: ["stream"] });
    const reading = errorOf(
      (async () => {
        for await (const _ of client.send({ messageId: "m-1", text: "hello", metadata: {} }, leaving.signal));
      })(),
    );
    await until(() => agent.open === 1);
    leaving.abort();

    expect((await reading).kind).toBe("broken");
    await until(() => agent.open === 0);
  });
});
