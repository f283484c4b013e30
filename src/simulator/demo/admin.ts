import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Log } from "../../log.ts";

const program = fileURLToPath(new URL("../../start.js", import.meta.url));

export interface AdminOptions {
  /** Behind the program's name, such as `manifest discord --apply`. */
  readonly words: readonly string[];
  /** The bridge's configuration. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** A command of the bridge as an admin runs it, in a process of its own. What it says when it fails is in the log; the demo goes on. */
export function runAsAdmin({ words, file, env, log }: AdminOptions): { stop(): Promise<void> } {
  const child = spawn(process.execPath, [program, ...words, "--config", file], { env: { ...env }, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  const told = ended.then(([code]) => {
    if (typeof code === "number" && code !== 0)
      log.warn({ words, code, said: said.slice(0, 2_000) }, "a command of the demo's admin failed");
  });
  return {
    async stop() {
      child.kill("SIGKILL");
      await told;
    },
  };
}
