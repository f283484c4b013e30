import { describe, expect, test } from "@jest/globals";
import webApi from "@slack/web-api";
import { callApi, createFakeClock, createRig } from "./rig.ts";

const metadata = (id: string) => ({ event_type: "a2a_bridge", event_payload: { delivery_id: id } });

describe("the door of the Web API", () => {
  test("a call without token, with a wrong one, or after uninstalling is refused by name", async () => {
    await using rig = await createRig();
    const bare = async (headers: Record<string, string>) => {
      const answer = await fetch(`${rig.slack.config.apiUrl}auth.test`, { method: "POST", headers });
      return ((await answer.json()) as { error?: string }).error;
    };

    expect(await bare({})).toBe("not_authed");
    expect(await bare({ authorization: "Bearer xoxb-wrong" })).toBe("invalid_auth");
    rig.slack.workspace.app.standing = "revoked";
    expect((await rig.call("auth.test")).body.error).toBe("token_revoked");
    rig.slack.workspace.app.standing = "inactive";
    expect((await rig.call("auth.test")).body.error).toBe("account_inactive");
  });

  test("an unknown method is no method, not even one that every object has", async () => {
    await using rig = await createRig();

    expect((await rig.call("chat.shout")).body).toMatchObject({ ok: false, error: "unknown_method" });
    expect((await rig.call("constructor")).body.error).toBe("unknown_method");
  });

  test("a missing scope is named together with those that there are", async () => {
    await using rig = await createRig();
    rig.slack.workspace.app.scopes.delete("chat:write");

    const answer = await rig.call("chat.postMessage", { channel: "C1", text: "hello" });

    expect(answer.body).toMatchObject({ ok: false, error: "missing_scope", needed: "chat:write" });
    expect(answer.body.provided).toContain("users:read");
  });

  test("JSON bodies are taken, other types and broken JSON are not", async () => {
    await using rig = await createRig();
    const post = async (type: string, body: string) => {
      const headers = { "content-type": type, authorization: `Bearer ${rig.slack.config.botToken}` };
      return (await fetch(`${rig.slack.config.apiUrl}chat.postMessage`, { method: "POST", headers, body })).json();
    };

    expect(await post("application/json; charset=utf-8", JSON.stringify({ channel: "C1", text: "hi" }))).toMatchObject({ ok: true });
    expect(await post("application/json", "{")).toMatchObject({ error: "invalid_json" });
    expect(await post("application/json", "[]")).toMatchObject({ error: "json_not_object" });
    expect(await post("text/plain", "channel=C1")).toMatchObject({ error: "invalid_post_type" });
  });

  test("the log keeps what was called and how it went, and never the token", async () => {
    await using rig = await createRig();

    await rig.call("chat.postMessage", { channel: "C1", text: "hi", token: rig.slack.config.botToken });
    await rig.call("chat.postMessage", { channel: "C404", text: "hi" });

    expect(rig.slack.calls("chat.postMessage").map(({ outcome }) => outcome)).toEqual(["ok", "channel_not_found"]);
    expect(JSON.stringify(rig.slack.calls())).not.toContain(rig.slack.config.botToken);
  });

  test("Slack's own client is understood, streams and errors included", async () => {
    await using rig = await createRig();
    const { config } = rig.slack;
    const client = new webApi.WebClient(config.botToken, { slackApiUrl: config.apiUrl, retryConfig: { retries: 0 } });
    const { ts = "" } = await client.chat.postMessage({ channel: "C1", text: "root", metadata: metadata("d1") });

    const stream = client.chatStream({ channel: "C1", thread_ts: ts, recipient_team_id: "T1", recipient_user_id: "UANN", buffer_size: 1 });
    await stream.append({ markdown_text: "one " });
    await stream.append({ markdown_text: "two" });
    await stream.stop();
    const replies = await client.conversations.replies({ channel: "C1", ts, include_all_metadata: true });

    expect(rig.slack.thread("C1", ts).replies).toMatchObject([{ text: "one two", streaming: false }]);
    expect(replies.messages?.[0]?.metadata).toEqual(metadata("d1"));
    await expect(client.users.info({ user: "U404" })).rejects.toMatchObject({ data: { error: "user_not_found" } });
  });
});

describe("posting", () => {
  test.each([
    ["channel_not_found", { channel: "C404", text: "x" }],
    ["not_in_channel", { channel: "CALONE", text: "x" }],
    ["channel_not_found", { channel: "GALONE", text: "x" }],
    ["is_archived", { channel: "COLD", text: "x" }],
    ["thread_not_found", { channel: "C1", thread_ts: "1.000001", text: "x" }],
    ["no_text", { channel: "C1" }],
    ["no_text", { channel: "C1", text: "", blocks: [] }],
    ["invalid_blocks_format", { channel: "C1", blocks: "{" }],
    ["invalid_blocks", { channel: "C1", blocks: [{ type: "marquee" }] }],
    ["invalid_blocks", { channel: "C1", blocks: Array.from({ length: 51 }, () => ({ type: "divider" })) }],
    ["invalid_blocks", { channel: "C1", blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3001) } }] }],
    ["msg_blocks_too_long", { channel: "C1", blocks: [7000, 5001].map((length) => ({ type: "markdown", text: "x".repeat(length) })) }],
    ["msg_too_long", { channel: "C1", markdown_text: "x".repeat(12_001) }],
    ["markdown_text_conflict", { channel: "C1", text: "x", markdown_text: "x" }],
    ["invalid_metadata_format", { channel: "C1", text: "x", metadata: { event_type: "a" } }],
    ["invalid_metadata_format", { channel: "C1", text: "x", metadata: { event_type: "a", event_payload: "b" } }],
    ["invalid_arguments", { text: "x" }],
  ])("%s is answered to a post that asks for it (%#)", async (error, args) => {
    const channels = [
      { id: "CALONE", members: ["UANN"] },
      { id: "GALONE", kind: "private", members: ["UANN"] },
      { id: "COLD", archived: true },
    ] as const;
    await using rig = await createRig({ channels });

    const answer = await rig.call("chat.postMessage", args);

    expect(answer.body).toMatchObject({ ok: false, error });
    expect(rig.slack.channel("C1")).toEqual([]);
  });

  test("a thread is named by its root, never by a reply", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const reply = await rig.call("chat.postMessage", { channel: "C1", thread_ts: ts, text: "reply" });

    const answer = await rig.call("chat.postMessage", { channel: "C1", thread_ts: reply.body.ts, text: "deeper" });

    expect(answer.body.error).toBe("thread_not_found");
  });

  test("a text is cut at 40,000 characters, and 12,000 of Markdown are taken whole", async () => {
    await using rig = await createRig();

    await rig.call("chat.postMessage", { channel: "C1", text: "x".repeat(40_001) });
    await rig.call("chat.postMessage", { channel: "C1", text: "short", blocks: [{ type: "markdown", text: "y".repeat(12_000) }] });

    const [long, blocks] = rig.slack.channel("C1");
    expect(long?.text).toHaveLength(40_000);
    expect(blocks).toMatchObject({ text: "y".repeat(12_000), fallback: "short" });
  });

  test("what is shown names its delivery, and counts it as often as it stands there", async () => {
    await using rig = await createRig();
    for (const id of ["d1", "d2", "d2"]) await rig.call("chat.postMessage", { channel: "C1", text: "x", metadata: metadata(id) });

    expect(rig.slack.channel("C1").map(({ deliveryId }) => deliveryId)).toEqual(["d1", "d2", "d2"]);
    expect(Object.fromEntries(rig.slack.deliveries())).toEqual({ d1: 1, d2: 2 });
  });

  test("a message that would call people says whom", async () => {
    await using rig = await createRig();
    await rig.call("chat.postMessage", { channel: "C1", text: "<!channel> <@UANN> and @here" });
    await rig.call("chat.postMessage", { channel: "C1", text: "me@here.test &lt;!channel&gt;" });

    expect(rig.slack.channel("C1").map(({ calls }) => calls)).toEqual([["channel", "UANN", "here"], []]);
  });

  test("a private word is seen by one person of the channel, and stands in no history", async () => {
    await using rig = await createRig({ people: [{ id: "UOUT" }], channels: [{ id: "C2", members: ["UANN", "UBOT"] }] });
    const { ts } = await rig.slack.say({ channel: "C2", user: "UANN", text: "root" });
    await rig.slack.say({ channel: "C2", user: "UANN", text: "reply", threadTs: ts });

    expect((await rig.call("chat.postEphemeral", { channel: "C2", thread_ts: ts, user: "UANN", text: "psst" })).body.ok).toBe(true);
    expect((await rig.call("chat.postEphemeral", { channel: "C2", user: "UOUT", text: "psst" })).body.error).toBe("user_not_in_channel");

    expect(rig.slack.thread("C2", ts)).toMatchObject({ replies: [{ text: "reply" }], private: [{ user: "UANN", text: "psst" }] });
    expect((await rig.call("conversations.replies", { channel: "C2", ts })).body.messages).toHaveLength(2);
  });

  test("a private word in a thread without replies is taken, and seen by nobody", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });

    const answer = await rig.call("chat.postEphemeral", { channel: "C1", thread_ts: ts, user: "UANN", text: "psst" });

    expect(answer.body.ok).toBe(true);
    expect(rig.slack.thread("C1", ts).private).toEqual([]);
  });

  test("a person's id opens the direct message with them", async () => {
    await using rig = await createRig();

    const opened = await rig.call("conversations.open", { users: "UANN" });
    const posted = await rig.call("chat.postMessage", { channel: "UANN", text: "hello" });

    expect(opened.body.channel).toEqual({ id: rig.slack.direct("UANN") });
    expect(posted.body.channel).toBe(rig.slack.direct("UANN"));
  });
});

describe("changing and deleting", () => {
  test("only the app's own messages can be changed or deleted", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "mine" });

    expect((await rig.call("chat.update", { channel: "C1", ts, text: "yours" })).body.error).toBe("cant_update_message");
    expect((await rig.call("chat.delete", { channel: "C1", ts })).body.error).toBe("cant_delete_message");
    expect((await rig.call("chat.update", { channel: "C1", ts: "1.000001", text: "x" })).body.error).toBe("message_not_found");
  });

  test("an update marks the message as edited, keeps what it leaves out, and takes 4,000 characters of text", async () => {
    await using rig = await createRig();
    const blocks = [{ type: "markdown", text: "**block**" }];
    const posted = await rig.call("chat.postMessage", { channel: "C1", text: "first", blocks, metadata: metadata("d1") });
    const place = { channel: "C1", ts: posted.body.ts };

    expect((await rig.call("chat.update", { ...place, text: "x".repeat(4001) })).body.error).toBe("msg_too_long");
    expect((await rig.call("chat.update", { ...place, text: "second" })).body.ok).toBe(true);
    expect(rig.slack.channel("C1")).toMatchObject([{ text: "**block**", fallback: "second", edited: true, deliveryId: "d1" }]);

    await rig.call("chat.update", { ...place, markdown_text: "third" });
    expect(rig.slack.channel("C1")).toMatchObject([{ text: "third" }]);
  });

  test("a deleted root leaves a tombstone while it has replies", async () => {
    await using rig = await createRig();
    const root = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    await rig.slack.say({ channel: "C1", user: "UBEN", text: "reply", threadTs: root.ts });

    await (await rig.slack.remove("C1", root.ts)).delivered;

    expect(rig.slack.thread("C1", root.ts).messages.map(({ text }) => text)).toEqual(["This message was deleted.", "reply"]);
    expect(rig.events("message").at(-1)).toMatchObject({ subtype: "message_changed", message: { subtype: "tombstone" } });
  });
});

describe("reading", () => {
  test("a thread is read page by page, its root first, with metadata only where it was asked for", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    for (const id of ["a", "b", "c"])
      await rig.call("chat.postMessage", { channel: "C1", thread_ts: ts, text: id, metadata: metadata(id) });
    const read = async (more: Record<string, unknown>) => (await rig.call("conversations.replies", { channel: "C1", ts, ...more })).body;

    const first = await read({ limit: 2, include_all_metadata: true });
    const second = await read({ limit: 2, cursor: (first.response_metadata as { next_cursor: string }).next_cursor });

    expect(first).toMatchObject({ has_more: true, messages: [{ text: "root" }, { text: "a", metadata: metadata("a") }, { text: "b" }] });
    expect(second).toMatchObject({ has_more: false, messages: [{ text: "c" }] });
    expect(JSON.stringify(second)).not.toContain("delivery_id");
    expect((await read({ ts: "1.000001" })).error).toBe("thread_not_found");
    expect((await read({ limit: 0 })).error).toBe("invalid_limit");
  });

  test("bounds leave out the message that they name, unless they include it", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const a = await rig.call("chat.postMessage", { channel: "C1", thread_ts: ts, text: "a" });
    await rig.call("chat.postMessage", { channel: "C1", thread_ts: ts, text: "b" });
    const texts = async (more: Record<string, unknown>) => {
      const { body } = await rig.call("conversations.replies", { channel: "C1", ts, oldest: a.body.ts, ...more });
      return (body.messages as { text: string }[]).map(({ text }) => text);
    };

    expect(await texts({})).toEqual(["root", "b"]);
    expect(await texts({ inclusive: true })).toEqual(["root", "a", "b"]);
  });

  test("history needs the scope of its kind of channel", async () => {
    await using rig = await createRig();
    rig.slack.workspace.app.scopes.delete("groups:history");

    expect((await rig.call("conversations.history", { channel: "G1" })).body).toMatchObject({
      error: "missing_scope",
      needed: "groups:history",
    });
    expect((await rig.call("conversations.history", { channel: "C1" })).body.ok).toBe(true);
  });

  test("a user is described as Slack does it: guest, stranger, deactivated, unconfirmed, bot", async () => {
    const people = [
      { id: "UGUEST", guest: "single" },
      { id: "USTRANGER", team: "T2", email: "s@other.test" },
      { id: "UGONE", deactivated: true },
      { id: "UNEW", emailConfirmed: false },
    ] as const;
    await using rig = await createRig({ people });
    const user = async (id: string) => (await rig.call("users.info", { user: id })).body.user;

    expect(await user("UANN")).toMatchObject({ team_id: "T1", is_email_confirmed: true, profile: { email: "ann@acme.test" } });
    expect(await user("UGUEST")).toMatchObject({ is_restricted: true, is_ultra_restricted: true });
    expect(await user("USTRANGER")).toMatchObject({
      is_stranger: true,
      team_id: "T2",
      profile: expect.not.objectContaining({ email: expect.anything() }),
    });
    expect(await user("UGONE")).toMatchObject({ deleted: true });
    expect(await user("UNEW")).toMatchObject({ is_email_confirmed: false });
    expect(await user("UBOT")).toMatchObject({ is_bot: true });

    rig.slack.workspace.app.scopes.delete("users:read.email");
    expect(JSON.stringify(await user("UANN"))).not.toContain("ann@acme.test");
  });
});

describe("faults", () => {
  test("each fault strikes as often as it says, where it says", async () => {
    await using rig = await createRig();
    const post = (channel: string) => rig.call("chat.postMessage", { channel, text: "x" });
    rig.slack.fault({ kind: "429", retryAfter: 7, method: "chat.postMessage", channel: "G1" });
    rig.slack.fault({ kind: "500", times: 2 });
    rig.slack.fault({ kind: "error", error: "fatal_error" });

    const limited = await post("G1");
    const statuses = [(await post("C1")).status, (await post("C1")).status];
    const named = await post("C1");

    expect(limited).toMatchObject({ status: 429, body: { error: "ratelimited" } });
    expect(limited.headers.get("retry-after")).toBe("7");
    expect(statuses).toEqual([500, 500]);
    expect(named.body.error).toBe("fatal_error");
    expect((await post("C1")).body.ok).toBe(true);
    expect(rig.slack.channel("C1")).toHaveLength(1);
  });

  test("a call that is cut off has taken effect or not, as the fault says", async () => {
    await using rig = await createRig();
    rig.slack.fault({ kind: "dropBefore" });
    await expect(rig.call("chat.postMessage", { channel: "C1", text: "before" })).rejects.toThrow();
    rig.slack.fault({ kind: "dropAfter" });
    await expect(rig.call("chat.postMessage", { channel: "C1", text: "after" })).rejects.toThrow();

    expect(rig.slack.channel("C1").map(({ text }) => text)).toEqual(["after"]);
    expect(rig.slack.calls().map(({ outcome }) => outcome)).toEqual(["dropBefore", "dropAfter"]);
  });

  test("an outage lasts until it is over", async () => {
    await using rig = await createRig();
    rig.slack.outage({ kind: "500" });
    expect((await rig.call("auth.test")).status).toBe(500);
    expect((await rig.call("auth.test")).status).toBe(500);
    rig.slack.outage();
    expect((await rig.call("auth.test")).body.ok).toBe(true);
  });

  test("a slow call waits by the clock", async () => {
    const clock = createFakeClock();
    await using rig = await createRig({ clock });
    rig.slack.fault({ kind: "slow", ms: 4_000 });
    let answered = false;
    const call = rig.call("auth.test").then(() => {
      answered = true;
    });
    await callApi(rig.slack, "auth.test", {});

    expect(answered).toBe(false);
    clock.move(4_000);
    await call;
  });

  test("posts are limited to one a second and channel after a burst, when limits are on", async () => {
    const clock = createFakeClock();
    await using rig = await createRig({ clock, rateLimits: true });
    const post = async (channel: string) => (await rig.call("chat.postMessage", { channel, text: "x" })).status;
    const burst = [await post("C1"), await post("C1"), await post("C1"), await post("C1"), await post("C1")];

    expect(burst).toEqual([200, 200, 200, 200, 429]);
    expect(await post("G1")).toBe(200);
    clock.move(1_000);
    expect([await post("C1"), await post("C1")]).toEqual([200, 429]);
  });
});
