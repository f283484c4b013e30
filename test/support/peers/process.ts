import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = join(import.meta.dirname, "../../peers");

/** Whether `npm ci --prefix test/peers` has been run. */
export const peersInstalled = existsSync(join(folder, "node_modules/.package-lock.json"));

export interface PeerProcess {
  readonly url: string;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts `test/peers/<name>.js` in a process of its own, which ends with this one. Rejects when it ends before it listens. */
export async function startPeer(name: string): Promise<PeerProcess> {
  const child = spawn(process.execPath, [join(folder, `${name}.js`)], { stdio: ["pipe", "pipe", "pipe"], env: { PATH: "" } });
  const gone = once(child, "close");
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [, url] = /^listening (http:\S+)$/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
  const url = await Promise.race([listening, gone.then(() => undefined)]);
  if (url === undefined) throw new Error(`the peer ${name} ended before it listened: ${stderr}`);
  return {
    url,
    async stop() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
