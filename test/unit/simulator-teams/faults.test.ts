import { describe, expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { createFakeClock } from "../simulator-slack/rig.ts";
import { askForToken, createRig, group, tokenForm } from "./rig.ts";

const chat = "a:1ann";

describe("a fault", () => {
  test.each(["429", "412", "500", "501", "502", "503", "504"] as const)(
    "of kind %s is answered once, without a header, and changes nothing",
    async (kind) => {
      await using rig = await createRig();
      rig.teams.fault({ kind });
      const answer = await rig.post(group, "one");
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([Number(kind), null]);
      expect(rig.teams.chat(group).messages).toEqual([]);
      expect((await rig.post(group, "one")).status).toBe(201);
    },
  );

  test("can say how long to wait, and name any error", async () => {
    await using rig = await createRig();
    rig.teams.fault({ kind: "429", retryAfter: 2 });
    rig.teams.fault({ kind: "error", status: 403, code: "MessageWritesBlocked", message: "The person has blocked the bot" });
    expect((await rig.post(group, "x")).headers.get("retry-after")).toBe("2");
    expect(await rig.post(group, "x")).toMatchObject({ status: 403, body: { error: { code: "MessageWritesBlocked" } } });
  });

  test("waits for its operation and its conversation", async () => {
    await using rig = await createRig();
    rig.teams.personal("ann");
    rig.teams.fault({ kind: "503", operation: "member", times: 2 });
    rig.teams.fault({ kind: "502", operation: "post", conversation: group });
    expect((await rig.post(chat, "x")).status).toBe(201);
    expect((await rig.call("GET", `v3/conversations/${group}/members/29:1ann`)).status).toBe(503);
    expect((await rig.call("GET", `v3/conversations/${group}/members/29:1ann`)).status).toBe(503);
    expect((await rig.post(group, "x")).status).toBe(502);
    expect((await rig.post(group, "x")).status).toBe(201);
  });

  test("can cut the connection before or after the call has taken effect", async () => {
    await using rig = await createRig();
    rig.teams.fault({ kind: "dropBefore" });
    rig.teams.fault({ kind: "dropAfter" });
    await expect(rig.post(group, "one")).rejects.toThrow();
    expect(rig.teams.chat(group).messages).toEqual([]);
    await expect(rig.post(group, "one")).rejects.toThrow();
    expect(rig.teams.chat(group).messages).toHaveLength(1);
    expect(rig.teams.calls("post").map(({ outcome, status }) => [outcome, status])).toEqual([
      ["dropBefore", 0],
      ["dropAfter", 0],
    ]);
  });

  test("can make a call slow", async () => {
    const clock = createFakeClock(Date.now());
    await using rig = await createRig({ clock });
    rig.teams.fault({ kind: "slow", ms: 5_000 });
    const posted = rig.post(group, "x");
    let status = 0;
    void posted.then((answer) => {
      status = answer.status;
    });
    await until(() => {
      clock.move(1_000);
      return status === 201;
    });
  });

  test("can strike the sign-in and the metadata", async () => {
    await using rig = await createRig();
    rig.teams.fault({ kind: "503", operation: "token" });
    rig.teams.fault({ kind: "500", operation: "metadata" });
    expect((await askForToken(rig.teams, tokenForm(rig.teams))).status).toBe(503);
    expect((await fetch(rig.teams.config.endpoints.openId)).status).toBe(500);
  });

  test("is forgotten on demand; an outage lasts until it is over", async () => {
    await using rig = await createRig();
    rig.teams.fault({ kind: "503" });
    rig.teams.clearFaults();
    expect((await rig.post(group, "x")).status).toBe(201);
    rig.teams.outage({ kind: "503" });
    const down = await Promise.all([rig.post(group, "x"), rig.post(group, "x"), askForToken(rig.teams, tokenForm(rig.teams))]);
    expect(down.map(({ status }) => status)).toEqual([503, 503, 503]);
    rig.teams.outage();
    expect((await rig.post(group, "x")).status).toBe(201);
  });
});

describe("quotas", () => {
  test("are seven posts a second, eight in two, in one conversation", async () => {
    const clock = createFakeClock(Date.now());
    await using rig = await createRig({ clock, rateLimits: "withRetryAfter" });
    rig.teams.personal("ann");
    for (let nth = 0; nth < 7; nth++) expect((await rig.post(group, "x")).status).toBe(201);
    const limited = await rig.post(group, "x");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await rig.post(chat, "x")).status).toBe(201);
    clock.move(1_000);
    expect((await rig.post(group, "x")).status).toBe(201);
    expect((await rig.post(group, "x")).status).toBe(429);
  });

  test("are sixty posts in half a minute, and may come without a header", async () => {
    const clock = createFakeClock(Date.now());
    await using rig = await createRig({ clock, rateLimits: "bare" });
    for (let nth = 0; nth < 60; nth++) {
      clock.move(300);
      expect((await rig.post(group, "x")).status).toBe(201);
    }
    clock.move(300);
    const limited = await rig.post(group, "x");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, null]);
  });

  test("of the roster are its own", async () => {
    const clock = createFakeClock(Date.now());
    await using rig = await createRig({ clock, rateLimits: "bare" });
    const look = async () => (await rig.call("GET", `v3/conversations/${group}/members/29:1ann`)).status;
    for (let nth = 0; nth < 14; nth++) expect(await look()).toBe(200);
    expect(await look()).toBe(429);
    expect((await rig.post(group, "x")).status).toBe(201);
  });
});

test("the log keeps every call, and no secret", async () => {
  await using rig = await createRig();
  await rig.post(group, "hello");
  expect(rig.teams.calls()).toMatchObject([
    { operation: "token", outcome: "ok", body: undefined },
    { operation: "post", conversation: group, method: "POST", path: expect.stringContaining("%40thread.v2"), body: { text: "hello" } },
  ]);
  const written = JSON.stringify(rig.teams.calls());
  expect(written).not.toContain(rig.token);
  expect(written).not.toContain(rig.teams.config.appPassword);
});

test("whoever watches hears of changes", async () => {
  await using rig = await createRig();
  let changes = 0;
  const forget = rig.teams.onChange(() => {
    changes += 1;
  });
  await rig.post(group, "x");
  expect(changes).toBe(1);
  forget();
  await rig.post(group, "x");
  expect(changes).toBe(1);
});
