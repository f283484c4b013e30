import { type FilesWorld, filesContract } from "./files-suite.ts";
import { createTeamsWorld } from "./teams-world.ts";

const faults = {
  gone: { kind: "error", status: 404, code: "itemNotFound" },
  busy: { kind: "503" },
  elsewhere: { kind: "error", status: 302, code: "moved" },
} as const;

async function createWorld(): Promise<FilesWorld> {
  const world = await createTeamsWorld();
  const { teams } = world;
  return {
    ...world,
    attach: async (text, file) => (await teams.say({ user: "ann", text, files: [file] })).delivered,
    failNextDownload: (fault) => teams.fault({ ...faults[fault], operation: "download" }),
    files: (thread) =>
      teams
        .thread(thread.channel, thread.thread)
        .messages.filter(({ bot }) => bot)
        .flatMap(({ files }) => files.map(({ id, name }) => ({ name, bytes: teams.file(id)?.bytes ?? new Uint8Array() }))),
  };
}

filesContract("teams", createWorld);
