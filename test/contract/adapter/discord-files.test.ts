import { expect, test } from "@jest/globals";
import { createDiscordWorld, type DiscordWorld } from "./discord-world.ts";
import { type FilesWorld, filesContract } from "./files-suite.ts";

const faults = {
  gone: { kind: "error", status: 404, code: 0 },
  elsewhere: { kind: "error", status: 302, code: 0 },
  busy: { kind: "503" },
} as const;

async function createWorld(): Promise<FilesWorld & DiscordWorld> {
  const world = await createDiscordWorld();
  const { discord } = world;
  return {
    ...world,
    attach: async (text, file) => discord.say({ user: "ann", text, files: [file] }),
    failNextDownload: (fault) => discord.fault({ ...faults[fault], operation: "download" }),
    files: (thread) =>
      discord
        .threads(thread.channel)
        .filter(({ id }) => id === thread.thread)
        .flatMap(({ replies }) => replies.filter(({ bot }) => bot).flatMap(({ files }) => files)),
  };
}

filesContract("discord", createWorld);

test("a file that is larger than Discord takes is refused, with the reason", async () => {
  const world = await createWorld();
  await world.mention("hello bot");
  const [event] = world.received;
  if (!event) throw new Error("nothing was received");
  const bytes = Buffer.alloc(9_000_001).toString("base64");
  const reply = { parts: [{ kind: "file", name: "a.bin", mediaType: "application/pdf", bytes }], tone: "answer", notify: false } as const;
  await expect(world.adapter.post(event.thread, reply, "d1", new AbortController().signal)).rejects.toMatchObject({
    kind: "fileRefused",
    explanation: "Discord takes no file larger than 8.6 MB",
  });
  expect(world.countAll()).toBe(0);
  await world.stop();
});
