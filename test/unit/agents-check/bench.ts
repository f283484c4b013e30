import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentsCommand } from "../../../src/agents-asked.ts";
import { runAgents } from "../../../src/agents-command.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `agents ...` as the program does, but for the process. */
export async function run(
  command: AgentsCommand,
  options: { readonly signal?: AbortSignal; readonly patienceMs?: number } = {},
): Promise<Ran> {
  const said = { out: "", err: "" };
  const code = await runAgents(command, {
    env: {},
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    signal: options.signal ?? new AbortController().signal,
    patienceMs: options.patienceMs ?? 15_000,
  });
  return { code, ...said };
}

/** A configuration file with these agents, on a machine that may talk to itself. Resolves to its path. */
export async function writeConfig(
  agents: Readonly<Record<string, unknown>>,
  port: number,
  slackMore: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "check-"));
  const path = join(folder, "bridge.config.yaml");
  const routes = Object.keys(agents).map((agent, at) => ({ agent, ...(at > 0 && { channel: `C${at}` }) }));
  const slack = { botToken: "xoxb-1", signingSecret: "unused", ...slackMore };
  const config = { listen: { port }, outbound: { allowPrivateNetworks: true }, agents, routes: routes.reverse(), slack };
  await writeFile(path, JSON.stringify(config));
  return { path, remove: () => rm(folder, { recursive: true }) };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
