import { describe, expect, test } from "@jest/globals";
import { createFakeClock, createRig, type Rig } from "./rig.ts";

const forAnn = { recipient_user_id: "UANN", recipient_team_id: "T1" };

async function startStream(rig: Rig, channel = "C1") {
  const { ts: threadTs } = await rig.slack.say({ channel, user: "UANN", text: "root" });
  const { body } = await rig.call("chat.startStream", { channel, thread_ts: threadTs, ...forAnn });
  return { threadTs, place: { channel, ts: body.ts ?? "" } };
}

describe("streams", () => {
  test("a stream begins in a thread that exists, for a person who is named", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const error = async (args: Record<string, unknown>) => (await rig.call("chat.startStream", { channel: "C1", ...args })).body.error;

    expect(await error(forAnn)).toBe("invalid_arguments");
    expect(await error({ thread_ts: "1.000001", ...forAnn })).toBe("thread_not_found");
    expect(await error({ thread_ts: ts })).toBe("missing_recipient_user_id");
    expect(await error({ thread_ts: ts, recipient_user_id: "UANN" })).toBe("missing_recipient_team_id");
    expect(await error({ thread_ts: ts, ...forAnn, recipient_team_id: "T9" })).toBe("team_not_found");
    expect(await error({ thread_ts: ts, ...forAnn, chunks: [{ type: "song" }] })).toBe("invalid_chunks");
    expect(rig.slack.thread("C1", ts).replies).toEqual([]);
  });

  test("a direct message needs no recipient", async () => {
    await using rig = await createRig();
    const channel = rig.slack.direct("UANN");
    const { ts } = await rig.slack.say({ channel, user: "UANN", text: "root" });

    expect((await rig.call("chat.startStream", { channel, thread_ts: ts })).body.ok).toBe(true);
  });

  test("text grows while it streams, and stays when it stops", async () => {
    await using rig = await createRig();
    const { place, threadTs } = await startStream(rig);
    const seen = () => rig.slack.thread("C1", threadTs).replies.map(({ text, streaming }) => ({ text, streaming }));

    await rig.call("chat.appendStream", { ...place, markdown_text: "**one** " });
    await rig.call("chat.appendStream", { ...place, chunks: [{ type: "markdown_text", text: "two" }] });
    expect(seen()).toEqual([{ text: "**one** two", streaming: true }]);

    const last = { markdown_text: "!", metadata: { event_type: "a", event_payload: { delivery_id: "d1" } } };
    await rig.call("chat.stopStream", { ...place, ...last });
    expect(seen()).toEqual([{ text: "**one** two!", streaming: false }]);
    expect(rig.slack.deliveries().get("d1")).toBe(1);
  });

  test("nothing is appended to a stream that stopped, and an open one is neither changed nor deleted", async () => {
    await using rig = await createRig();
    const { place } = await startStream(rig);
    const error = async (method: string, args = {}) => (await rig.call(method, { ...place, ...args })).body.error;

    expect(await error("chat.update", { text: "x" })).toBe("streaming_state_conflict");
    expect(await error("chat.delete")).toBe("cant_delete_message");
    expect(await error("chat.appendStream")).toBe("no_text");
    expect(await error("chat.appendStream", { markdown_text: "x".repeat(12_001) })).toBe("msg_too_long");
    expect(await error("chat.stopStream")).toBeUndefined();
    expect(await error("chat.appendStream", { markdown_text: "x" })).toBe("message_not_in_streaming_state");
    expect(await error("chat.stopStream")).toBe("message_not_in_streaming_state");
    expect(await error("chat.update", { text: "x" })).toBeUndefined();
  });

  test("neither a common message nor somebody else's is a stream", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "hers" });
    const posted = await rig.call("chat.postMessage", { channel: "C1", text: "ours" });
    const append = async (at?: string) => (await rig.call("chat.appendStream", { channel: "C1", ts: at, markdown_text: "x" })).body.error;

    expect(await append(ts)).toBe("message_not_owned_by_app");
    expect(await append(posted.body.ts)).toBe("message_not_in_streaming_state");
    expect(await append("1.000001")).toBe("message_not_found");
  });

  test("a stream dies after five minutes, however busy it is, and can then be updated", async () => {
    const clock = createFakeClock();
    await using rig = await createRig({ clock });
    const { place, threadTs } = await startStream(rig);
    const append = async () => (await rig.call("chat.appendStream", { ...place, markdown_text: "x" })).body;

    clock.move(299_999);
    expect(await append()).toMatchObject({ ok: true });
    clock.move(1);
    expect(await append()).toMatchObject({ error: "message_not_in_streaming_state" });
    expect(rig.slack.thread("C1", threadTs).replies).toMatchObject([{ text: "x", streaming: false }]);
    expect((await rig.call("chat.update", { ...place, markdown_text: "whole" })).body.ok).toBe(true);
  });

  test("streams can be made to die at once", async () => {
    await using rig = await createRig();
    const { place } = await startStream(rig);
    rig.slack.expireStreams();
    expect((await rig.call("chat.stopStream", place)).body.error).toBe("message_not_in_streaming_state");
  });
});

describe("statuses", () => {
  test("a status goes away by a post of the app or after two minutes, and its history stays", async () => {
    const clock = createFakeClock();
    await using rig = await createRig({ clock });
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const place = { channel_id: "C1", thread_ts: ts };
    const text = () => rig.slack.status("C1", ts).text;

    await rig.call("assistant.threads.setStatus", { ...place, status: "is thinking…" });
    expect(text()).toBe("is thinking…");
    await rig.call("chat.postMessage", { channel: "C1", thread_ts: ts, text: "done" });
    expect(text()).toBe("");
    await rig.call("assistant.threads.setStatus", { ...place, status: "is thinking again…" });
    clock.move(120_000);
    expect(text()).toBe("");
    expect(rig.slack.status("C1", ts).history.map((entry) => entry.text)).toEqual(["is thinking…", "", "is thinking again…", ""]);
  });

  test("a session is for agents, in a thread, in one of four states", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const set = async (args: Record<string, unknown>) =>
      (await rig.call("agents.sessions.setStatus", { channel_id: "C1", thread_ts: ts, ...args })).body;

    expect(await set({ status: "dancing" })).toMatchObject({ error: "invalid_arguments" });
    expect(await set({ status: "active", thread_ts: "1.000001" })).toMatchObject({ error: "thread_not_found" });
    expect(await set({ status: "processing" })).toMatchObject({ ok: true });
    rig.slack.workspace.app.events.delete("agent_session_stopped");
    expect(await set({ status: "processing" })).toMatchObject({ warning: "missing_agent_session_stopped_event_subscription" });
    rig.slack.workspace.app.agent = false;
    expect(await set({ status: "active" })).toMatchObject({ error: "not_agent_app" });
  });

  test("the stop button shows while the session is processing; it stops the streams, tells the app, and leaves the status", async () => {
    await using rig = await createRig();
    const { place, threadTs } = await startStream(rig);
    await expect(rig.slack.pressStop("C1", threadTs, "UANN")).rejects.toThrow("no stop button");
    await rig.call("agents.sessions.setStatus", { channel_id: "C1", thread_ts: threadTs, status: "processing" });

    await (await rig.slack.pressStop("C1", threadTs, "UANN")).delivered;

    const stopped = { channel: "C1", user: "UANN", thread_ts: threadTs, streaming_message_ts: [place.ts] };
    expect(rig.events("agent_session_stopped")).toMatchObject([stopped]);
    expect((await rig.call("chat.appendStream", { ...place, markdown_text: "x" })).body.error).toBe("stopped_by_user");
    expect(rig.slack.status("C1", threadTs)).toMatchObject({ session: "processing", stopButton: true });
  });

  test("a reaction is given once and taken once", async () => {
    await using rig = await createRig();
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "root" });
    const react = async (method: string) => (await rig.call(`reactions.${method}`, { channel: "C1", timestamp: ts, name: "eyes" })).body;

    expect(await react("add")).toMatchObject({ ok: true });
    expect(await react("add")).toMatchObject({ error: "already_reacted" });
    expect(rig.slack.channel("C1")).toMatchObject([{ reactions: ["eyes"] }]);
    expect(await react("remove")).toMatchObject({ ok: true });
    expect(await react("remove")).toMatchObject({ error: "no_reaction" });
  });
});
