import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../src/cli/command.ts";
import { parseCommandLine } from "../../src/cli.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line as the program does, but for the process. Rejects with what the command throws. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  adapters: Host["adapters"] = async () => [],
): Promise<Ran> {
  const said = { out: "", err: "" };
  const asked = parseCommandLine(args, env, () => false);
  if (asked.kind !== "command") return { code: 2, out: "", err: asked.kind === "misunderstood" ? asked.why : asked.kind };
  const lasting = async () => Promise.reject(new Error("this command goes on for ever"));
  const host: Host = {
    env,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    stopping: () => new AbortController().signal,
    adapters,
    bridge: lasting,
    demo: lasting,
  };
  const code = await asked.ready.run(host);
  if (typeof code !== "number") throw new Error("this command goes on for ever");
  return { code, ...said };
}

/** A folder for a test, with these files in it. */
export async function createFolder(files: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "bridge-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return { path: (name: string) => join(folder, name), remove: () => rm(folder, { recursive: true, force: true }) };
}
