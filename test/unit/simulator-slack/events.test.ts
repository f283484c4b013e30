import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { createRig, type Received } from "./rig.ts";

describe("events", () => {
  test("an event is signed as Slack signs it", async () => {
    await using rig = await createRig();

    await (await rig.slack.say({ channel: "C1", user: "UANN", text: "hello" })).delivered;

    const { headers = {}, raw = "" }: Partial<Received> = rig.received[0] ?? {};
    const mac = createHmac("sha256", rig.slack.workspace.app.signingSecret)
      .update(`v0:${headers["x-slack-request-timestamp"]}:${raw}`)
      .digest("hex");
    expect(headers["x-slack-signature"]).toBe(`v0=${mac}`);
    expect(rig.received[0]?.body).toMatchObject({
      type: "event_callback",
      team_id: "T1",
      api_app_id: "A1",
      event: { type: "message", channel: "C1", channel_type: "channel", user: "UANN", text: "hello" },
    });
  });

  test("a mention makes two events about one post, with two ids", async () => {
    await using rig = await createRig();

    const { ts, delivered } = await rig.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
    const statuses = (await delivered).map((one) => one.statuses);

    expect(statuses).toEqual([[200], [200]]);
    expect([...rig.events("message"), ...rig.events("app_mention")]).toMatchObject([{ ts }, { ts }]);
    expect(new Set(rig.received.map(({ body }) => body.event_id)).size).toBe(2);
  });

  test.each(["message", "app_mention"] as const)("of the two events of a mention, %s can be made to come first", async (first) => {
    await using rig = await createRig();
    rig.slack.disturb({ first });

    await (await rig.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" })).delivered;

    expect(rig.received.map(({ body }) => body.event?.type)[0]).toBe(first);
  });

  test("the app hears nothing of channels without it, of events without subscription or scope, and no mention in direct messages", async () => {
    await using rig = await createRig({ channels: [{ id: "C2", members: ["UANN"] }] });
    const { app } = rig.slack.workspace;
    const say = async (channel: string) =>
      (await (await rig.slack.say({ channel, user: "UANN", text: "<@UBOT> x" })).delivered).map(({ type }) => type);

    expect(await say("C2")).toEqual([]);
    expect(await say(rig.slack.direct("UANN"))).toEqual(["message"]);
    app.events.delete("message.channels");
    expect(await say("C1")).toEqual(["app_mention"]);
    app.scopes.delete("app_mentions:read");
    expect(await say("C1")).toEqual([]);
    app.scopes.delete("groups:history");
    expect(await say("G1")).toEqual([]);
  });

  test("the app hears its own posts, updates and streams", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const posted = await rig.call("chat.postMessage", { channel: "C1", thread_ts: ts, text: "one" });
    await rig.call("chat.update", { channel: "C1", ts: posted.body.ts, text: "two" });
    await rig.call("chat.delete", { channel: "C1", ts: posted.body.ts });
    await rig.slack.settled();

    const own = rig.events("message").filter((event) => event.user !== "UANN");
    expect(own.find(({ subtype }) => subtype === undefined)).toMatchObject({ bot_id: "BBOT", user: "UBOT", thread_ts: ts, text: "one" });
    expect(own.find(({ subtype }) => subtype === "message_changed")).toMatchObject({
      message: { bot_id: "BBOT", text: "two", edited: { user: "UBOT" } },
      previous_message: { text: "one" },
    });
    expect(own.find(({ subtype }) => subtype === "message_deleted")).toMatchObject({ deleted_ts: posted.body.ts });
  });

  test("an edit and a deletion by a person are told with what was there before", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "frist" });

    await (await rig.slack.edit("C1", ts, "first")).delivered;
    await (await rig.slack.remove("C1", ts)).delivered;

    expect(rig.events("message").slice(1)).toMatchObject([
      { subtype: "message_changed", message: { ts, text: "first", edited: { user: "UANN" } }, previous_message: { text: "frist" } },
      { subtype: "message_deleted", deleted_ts: ts, previous_message: { text: "first" } },
    ]);
    expect(rig.slack.channel("C1")).toEqual([]);
  });

  test("a stranger's message names their team, in a channel that is shared", async () => {
    await using rig = await createRig({ people: [{ id: "UFAR", team: "T2" }], channels: [{ id: "CSHARED", shared: true }] });

    await (await rig.slack.say({ channel: "CSHARED", user: "UFAR", text: "hello" })).delivered;

    expect(rig.received[0]?.body).toMatchObject({ team_id: "T1", is_ext_shared_channel: true, event: { team: "T2", user_team: "T2" } });
  });

  test("people cannot do what people cannot do", async () => {
    await using rig = await createRig({ people: [{ id: "UOUT" }], channels: [{ id: "C2", members: ["UBOT"] }] });
    const posted = await rig.call("chat.postMessage", { channel: "C1", text: "ours" });

    await expect(rig.slack.say({ channel: "C2", user: "UOUT", text: "x" })).rejects.toThrow("not in C2");
    await expect(rig.slack.say({ channel: "C1", user: "UANN", text: "x", threadTs: "1.000001" })).rejects.toThrow("no such thread");
    await expect(rig.slack.edit("C1", posted.body.ts ?? "", "x")).rejects.toThrow("belongs to the app");
  });
});

describe("delivery", () => {
  test("an event that is not taken comes again with the number and the reason, then is given up", async () => {
    await using rig = await createRig();
    rig.answer((nth) => (nth === 2 ? "cut" : 503));

    const [event] = await (await rig.slack.say({ channel: "C1", user: "UANN", text: "x" })).delivered;

    expect(event?.statuses).toEqual([503, 0, 503, 503]);
    expect(rig.received.map(({ headers }) => headers["x-slack-retry-num"])).toEqual([undefined, "1", "2", "3"]);
    expect(rig.received.map(({ headers }) => headers["x-slack-retry-reason"])).toEqual([
      undefined,
      "http_error",
      "connection_failed",
      "http_error",
    ]);
    expect(new Set(rig.received.map(({ body }) => body.event_id)).size).toBe(1);
  });

  test("an app that is too slow gets the event again", async () => {
    await using rig = await createRig({ answerMs: 500 });
    rig.answer((nth) => (nth === 1 ? "silent" : 200));

    const [event] = await (await rig.slack.say({ channel: "C1", user: "UANN", text: "x" })).delivered;

    expect(event?.statuses).toEqual([0, 200]);
    expect(rig.received[1]?.headers["x-slack-retry-reason"]).toBe("http_timeout");
  });

  test("an event for an app that is down arrives once it is up again", async () => {
    await using rig = await createRig({ retryDelaysMs: [0, 50, 50, 50, 50, 50, 50] });
    const { delivered } = await rig.slack.say({ channel: "C1", user: "UANN", text: "first" });
    await delivered;
    rig.answer((nth) => (nth < 4 ? "cut" : 200));

    const [event] = await (await rig.slack.say({ channel: "C1", user: "UANN", text: "second" })).delivered;

    expect(event?.statuses).toEqual([0, 0, 200]);
  });

  test("an event can come more than once under one id", async () => {
    await using rig = await createRig();
    rig.slack.disturb({ duplicates: 2 });

    const [event] = await (await rig.slack.say({ channel: "C1", user: "UANN", text: "x" })).delivered;

    expect(event?.statuses).toEqual([200, 200, 200]);
    expect(new Set(rig.received.map(({ body }) => body.event_id)).size).toBe(1);
  });

  test("events that were held back come in the order that is wanted", async () => {
    await using rig = await createRig();
    rig.slack.disturb({ hold: true });
    for (const text of ["one", "two", "three"]) await rig.slack.say({ channel: "C1", user: "UANN", text });
    expect(rig.received).toEqual([]);

    rig.slack.release("reversed");
    await rig.slack.settled();

    expect(rig.received.map(({ body }) => body.event?.text)).toEqual(["three", "two", "one"]);
  });

  test("a hostile request is sent as it is wanted", async () => {
    await using rig = await createRig();

    await rig.slack.deliver("not json", { timestamp: 1, signature: "v0=beef", headers: { "x-more": "1" } });

    expect(rig.received[0]).toMatchObject({
      raw: "not json",
      headers: { "x-slack-request-timestamp": "1", "x-slack-signature": "v0=beef", "x-more": "1" },
    });
  });
});

describe("interactivity", () => {
  test("a command comes as a signed form and can be answered later, to its author alone", async () => {
    await using rig = await createRig();

    const answer = await rig.slack.command("/agent status now", { channel: "C1", user: "UANN" });
    const form = new URLSearchParams(rig.received[0]?.raw);
    const later = await fetch(form.get("response_url") ?? "", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "all is well" }),
    });

    expect(answer.status).toBe(200);
    expect(Object.fromEntries(form)).toMatchObject({ command: "/agent", text: "status now", channel_id: "C1", user_id: "UANN" });
    expect(later.status).toBe(200);
    expect(rig.slack.privately("C1")).toMatchObject([{ user: "UANN", text: "all is well" }]);
  });

  test("a click tells which button of which message, and needs the button to be there", async () => {
    await using rig = await createRig();
    const button = { type: "button", action_id: "go", value: "row-1", text: { type: "plain_text", text: "Go" } };
    const blocks = [{ type: "actions", block_id: "b1", elements: [button] }];
    const { body } = await rig.call("chat.postMessage", { channel: "C1", text: "choose", blocks });
    await rig.slack.settled();
    const click = { channel: "C1", user: "UANN", ts: body.ts ?? "" };

    await expect(rig.slack.click({ ...click, actionId: "stay" })).rejects.toThrow("no button stay");
    await rig.slack.click({ ...click, actionId: "go" });

    const payload = JSON.parse(new URLSearchParams(rig.received.at(-1)?.raw).get("payload") ?? "{}");
    expect(payload).toMatchObject({
      type: "block_actions",
      user: { id: "UANN" },
      container: { message_ts: body.ts },
      actions: [{ action_id: "go", block_id: "b1", value: "row-1" }],
    });
  });

  test("an address for late answers works five times", async () => {
    await using rig = await createRig();
    await rig.slack.command("/agent help", { channel: "C1", user: "UANN" });
    const url = new URLSearchParams(rig.received[0]?.raw).get("response_url") ?? "";
    const answer = async () =>
      (await fetch(url, { method: "POST", body: "text=x", headers: { "content-type": "application/x-www-form-urlencoded" } })).status;

    const statuses = [await answer(), await answer(), await answer(), await answer(), await answer(), await answer()];

    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
  });
});

test("a file is for the holder of token and scope; others see a login page", async () => {
  await using rig = await createRig();
  const bytes = new TextEncoder().encode("secret");
  await (await rig.slack.say({ channel: "C1", user: "UANN", text: "look", files: [{ name: "a b.txt", mediaType: "text/plain", bytes }] }))
    .delivered;
  const [file] = (rig.events("message")[0]?.files ?? []) as { url_private_download: string; size: number }[];
  const read = async (headers: Record<string, string>) => (await fetch(file?.url_private_download ?? "", { headers })).text();
  const authorization = `Bearer ${rig.slack.config.botToken}`;

  expect(file?.size).toBe(6);
  expect(await read({ authorization })).toBe("secret");
  expect(await read({})).toContain("Sign in");
  rig.slack.workspace.app.scopes.delete("files:read");
  expect(await read({ authorization })).toContain("Sign in");
});

test("whoever watches is called after a change, until they stop watching", async () => {
  await using rig = await createRig();
  let changes = 0;
  const stop = rig.slack.onChange(() => {
    changes += 1;
  });

  await rig.slack.say({ channel: "C1", user: "UANN", text: "one" });
  await until(() => changes > 0);
  stop();
  const before = changes;
  await rig.slack.say({ channel: "C1", user: "UANN", text: "two" });

  expect(changes).toBe(before);
});
