import type { FileLimits } from "./bridge/file-rules.ts";
import type { Parts } from "./bridge/parts.ts";
import { createRoom } from "./bridge/room.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./model/clock.ts";

const megabyte = 1_048_576;

/** What the configuration says of one file, and of the files of one message. */
export function toFileLimits({ limits }: Pick<Config, "limits">): FileLimits {
  return {
    maxBytes: limits.fileMB * megabyte,
    perMessage: limits.filesPerMessage,
    linkMs: limits.fileLinkHours * 3_600_000,
    refused: limits.refusedFiles,
  };
}

/** What it says of all files that are in memory together. */
export function createRooms({ limits }: Pick<Config, "limits">, clock: Clock): Parts["room"] {
  const maxBytes = limits.filesInMemoryMB * megabyte;
  return { fromPeople: createRoom(maxBytes, clock), fromAgents: createRoom(maxBytes, clock) };
}
