import { afterEach, expect, test } from "@jest/globals";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

let world: SlackWorld | undefined;
afterEach(() => world?.stop());

const signal = new AbortController().signal;

async function createWorld(config: Readonly<Record<string, unknown>>): Promise<SlackWorld> {
  world = await createSlackWorld({ config });
  return world;
}

async function begin(world: SlackWorld): Promise<ThreadRef> {
  await world.mention("hello");
  const [event] = world.received;
  if (!event) throw new Error("nothing was received");
  return event.thread;
}

test("without direct messages, what comes there is not taken, and a mention in a channel is", async () => {
  const world = await createWorld({ directMessages: "off" });
  expect(await world.direct("hello")).toMatchObject({ acknowledged: true });
  expect(world.received).toEqual([]);
  await begin(world);
});

test("without the agent's view the sign is a status, and Slack is not asked for a session", async () => {
  const world = await createWorld({ agentView: false });
  const thread = await begin(world);
  await world.adapter.sign(thread, { kind: "working" }, signal);
  expect(world.slack.status("C1", thread.thread).text).toBe("is working on it…");
  expect(world.slack.calls("agents.sessions.setStatus")).toEqual([]);
});

test("without reactions there is no sign where Slack shows no status, and no failure", async () => {
  const world = await createWorld({ agentView: false, reactions: false });
  const thread = await begin(world);
  world.slack.fault({ method: "assistant.threads.setStatus", kind: "error", error: "not_allowed" });
  await world.adapter.sign(thread, { kind: "working" }, signal);
  expect(world.slack.thread("C1", thread.thread).messages[0]?.reactions).toEqual([]);
});

test("without e-mail addresses a person has none, also where the app may read them", async () => {
  const world = await createWorld({ emails: false });
  await begin(world);
  const [event] = world.received;
  const person = event && (await world.adapter.person(event, signal));
  expect(person).toMatchObject({ displayName: "Ann Archer", standing: "member" });
  expect(person).not.toHaveProperty("email");
});

test("without files none is fetched or brought, and the person is told why", async () => {
  const world = await createWorld({ files: false });
  const attachment = { id: "F1", name: "a.txt", mediaType: "text/plain", size: 1, source: { url: `${world.slack.url}/files/F1/a.txt` } };
  await expect(world.adapter.open(attachment, 10, signal)).rejects.toMatchObject({
    kind: "fileRefused",
    explanation: "files are switched off for this app",
  });
  const thread = await begin(world);
  const file = { kind: "file", name: "a.txt", mediaType: "text/plain", bytes: "aGVsbG8=" } as const;
  await expect(world.adapter.post(thread, { ...textReply("", "answer"), parts: [file] }, "d1", signal)).rejects.toMatchObject({
    kind: "fileRefused",
    explanation: "files are switched off for this app",
  });
  expect(world.slack.calls("files.getUploadURLExternal")).toEqual([]);
});

test("where the app may not read the channel a post is not found, so that it is posted again rather than lost", async () => {
  const world = await createWorld({});
  const thread = await begin(world);
  world.slack.workspace.app.scopes.delete("channels:history");
  expect(await world.adapter.find?.(thread, "d1", signal)).toBeUndefined();
});
