import { describe, expect, test } from "@jest/globals";
import { home } from "../../../src/simulator/discord/realm.ts";
import { createManualClock } from "../slack/manual-clock.ts";
import { createRig } from "./rig.ts";

const { help, random } = home;

describe("a fault", () => {
  test.each([
    ["429 with a time to wait", { kind: "429", retryAfter: 2.5 } as const, 429, 0],
    ["502 before anything was done", { kind: "502" } as const, 502, 0],
    ["503 after it was done", { kind: "503", after: true } as const, 503, 1],
    ["an error of its own", { kind: "error", status: 404, code: 10003 } as const, 404, 0],
    ["a slow answer", { kind: "slow", ms: 20 } as const, 200, 1],
  ])("answers with %s, once", async (_, fault, status, stored) => {
    await using rig = await createRig();
    rig.discord.fault(fault);
    const answer = await rig.post(help, "x");
    expect(answer.status).toBe(status);
    if (fault.kind === "429") {
      expect(answer.body).toMatchObject({ retry_after: 2.5, global: false });
      expect(answer.headers.get("retry-after")).toBe("3");
      expect(rig.discord.counters().tooMany).toBe(1);
    }
    expect(rig.discord.channel(help).messages).toHaveLength(stored);
    expect((await rig.post(help, "y")).status).toBe(200);
  });

  test.each([
    ["dropBefore", 0],
    ["dropAfter", 1],
    ["resetBefore", 0],
    ["resetAfter", 1],
  ] as const)("cuts the connection: %s", async (kind, stored) => {
    await using rig = await createRig();
    rig.discord.fault({ kind, operation: "post" });
    await expect(rig.post(help, "x")).rejects.toThrow();
    expect(rig.discord.channel(help).messages).toHaveLength(stored);
    expect(rig.discord.calls("post")).toMatchObject([{ status: 0, outcome: kind }]);
  });

  test.each([
    ["hangBefore", 0],
    ["hangAfter", 1],
  ] as const)("never answers: %s", async (kind, stored) => {
    await using rig = await createRig();
    rig.discord.fault({ kind, operation: "post" });
    const { config } = rig.discord;
    const headers = { authorization: `Bot ${config.token}`, "user-agent": "DiscordBot (x, 1)", "content-type": "application/json" };
    const url = `${config.apiUrl}/v10/channels/${help}/messages`;
    const call = fetch(url, { method: "POST", headers, body: '{"content":"x"}', signal: AbortSignal.timeout(300) });
    await expect(call).rejects.toThrow();
    expect(rig.discord.channel(help).messages).toHaveLength(stored);
  });

  test("strikes in its channel, and an outage everywhere until it is over", async () => {
    await using rig = await createRig();
    rig.discord.fault({ kind: "500", channel: random, times: 2 });
    const statuses = [];
    for (const channel of [help, random, random, random]) statuses.push((await rig.post(channel, "x")).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
    rig.discord.outage({ kind: "503" });
    expect((await rig.call("GET", `channels/${help}`)).status).toBe(503);
    rig.discord.outage();
    expect((await rig.call("GET", `channels/${help}`)).status).toBe(200);
  });
});

describe("rate limits", () => {
  test("are told in headers, per channel, and 429 says how long to wait", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock, rateLimits: { post: [2, 4_000] } });
    const first = await rig.post(help, "1");
    expect(Object.fromEntries([...first.headers].filter(([name]) => name.startsWith("x-ratelimit")))).toMatchObject({
      "x-ratelimit-limit": "2",
      "x-ratelimit-remaining": "1",
      "x-ratelimit-reset-after": "4",
      "x-ratelimit-bucket": expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    await clock.advance(1_000);
    await rig.post(help, "2");
    const third = await rig.post(help, "3");
    expect(third).toMatchObject({ status: 429, body: { retry_after: 3, global: false } });
    expect(third.headers.get("x-ratelimit-scope")).toBe("user");
    expect((await rig.post(random, "elsewhere")).status).toBe(200);
    await clock.advance(3_000);
    expect((await rig.post(help, "3")).status).toBe(200);
    expect(rig.discord.counters().tooMany).toBe(1);
  });

  test("hold for everything together, and narrowly for names of threads", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock, rateLimits: { global: [8, 1_000] } });
    const { id } = rig.discord.openThread({ user: "bot", channel: help, name: "x" });
    const renamed = [];
    for (const name of ["a", "b", "c"]) renamed.push((await rig.call("PATCH", `channels/${id}`, { name })).status);
    expect(renamed).toEqual([200, 200, 429]);
    expect((await rig.call("PATCH", `channels/${id}`, { archived: true })).status).toBe(200);
    for (let call = 0; call < 4; call++) await rig.call("GET", "users/@me");
    expect((await rig.call("GET", "users/@me")).body).toMatchObject({ global: true });
  });
});
