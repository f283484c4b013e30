import { cp, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

export interface Stage {
  readonly base: string;
  readonly as: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile that has one instruction a line. */
export async function readDockerfile(path: string): Promise<readonly Stage[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const stages: { base: string; as: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const [, base = "", as] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
    if (name === "FROM") stages.push({ base, as, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, rest });
  }
  return stages;
}

/** What may be copied: `.dockerignore` shuts everything out and lets single names in. */
export async function readContext(root: string): Promise<readonly string[]> {
  const lines = (await readFile(join(root, ".dockerignore"), "utf8")).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (lines[0] !== "*" || lines.slice(1).some((line) => !/^![\w.-]+$/.test(line)))
    throw new Error(".dockerignore lets more in than its names");
  return lines.slice(1).map((line) => line.slice(1));
}

/** The absolute paths of a command, below this folder. */
export function below(folder: string, text: string): string {
  return text.replaceAll(/(?<=^|[\s="'`])\/(?=(usr|opt|app|data|config)\b)/g, `${folder}/`);
}

/** COPY as Docker does it: the last name is the place, and a folder's content goes there. */
export async function copy(from: string, names: readonly string[], to: string, many: boolean): Promise<void> {
  for (const name of names) {
    const target = many ? join(to, name) : to;
    await mkdir(dirname(target), { recursive: true });
    await cp(join(from, name), target, { recursive: true });
  }
}
