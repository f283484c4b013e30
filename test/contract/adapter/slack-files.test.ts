import { expect, test } from "@jest/globals";
import { type FilesWorld, filesContract } from "./files-suite.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

const errors = { gone: "not_found", elsewhere: "redirect" } as const;
const faults = { lost: { kind: "dropAfter" }, rateLimited: { kind: "429", retryAfter: 2 } } as const;

async function createWorld(): Promise<FilesWorld & SlackWorld> {
  const world = await createSlackWorld();
  const { slack } = world;
  return {
    ...world,
    attach: async (text, file) => (await slack.say({ channel: slack.direct("UANN"), user: "UANN", text, files: [file] })).delivered,
    failNextDownload: (fault) =>
      slack.fault(fault === "busy" ? { kind: "500", method: "download" } : { kind: "error", error: errors[fault], method: "download" }),
    failNextPost: (fault) =>
      slack.fault({ ...(fault === "lost" ? faults.lost : faults.rateLimited), method: "files.completeUploadExternal" }),
    files: (thread) =>
      slack
        .thread(thread.channel, thread.thread)
        .replies.filter(({ bot }) => bot)
        .flatMap(({ files }) => files.map(({ id, name }) => ({ name, bytes: slack.file(id)?.bytes ?? new Uint8Array() }))),
  };
}

filesContract("slack", createWorld);

const signal = new AbortController().signal;
const part = { kind: "file", name: "a.csv", mediaType: "text/csv", bytes: Buffer.from("a,b").toString("base64") } as const;
const reply = { parts: [part], tone: "answer", notify: false } as const;

test("the bytes go to Slack alone, without the token, and a missing scope is told as such", async () => {
  const world = await createWorld();
  await world.mention("hello bot");
  const [event] = world.received;
  if (!event) throw new Error("nothing was received");
  world.slack.workspace.app.scopes.delete("files:write");
  await expect(world.adapter.post(event.thread, reply, "d1", signal)).rejects.toMatchObject({
    kind: "fileRefused",
    explanation: expect.stringContaining("files:write"),
  });
  world.slack.workspace.app.scopes.add("files:write");
  world.slack.fault({ kind: "500", method: "upload" });
  await expect(world.adapter.post(event.thread, reply, "d1", signal)).rejects.toMatchObject({ kind: "unavailable" });
  world.slack.fault({ kind: "error", error: "not_found", method: "upload" });
  await expect(world.adapter.post(event.thread, reply, "d1", signal)).rejects.toMatchObject({ kind: "fileRefused" });
  expect(world.countAll()).toBe(0);
  await world.adapter.post(event.thread, reply, "d1", signal);
  expect(world.files(event.thread)).toHaveLength(1);
  await world.stop();
});
