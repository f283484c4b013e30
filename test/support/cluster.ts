import { execFile } from "node:child_process";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./systems/kill.ts";

const run = promisify(execFile);

/** A PostgreSQL of its own, which can be stopped and started again. */
export interface Cluster {
  readonly url: string;
  start(): Promise<void>;
  /** As a crash stops it: nothing is finished first. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** Where initdb and pg_ctl are; undefined where there is no PostgreSQL server on this machine. */
export async function findServer(): Promise<string | undefined> {
  if (process.env.POSTGRES_BIN !== undefined) return process.env.POSTGRES_BIN;
  const home = "/usr/lib/postgresql";
  const versions = (await readdir(home).catch(() => [])).toSorted((a, b) => Number(b) - Number(a));
  for (const version of versions) if ((await readdir(join(home, version, "bin"))).includes("initdb")) return join(home, version, "bin");
  return undefined;
}

export async function createCluster(bin: string): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "cluster-"));
  const port = await freePort();
  const who = await findUser();
  if (who.uid !== undefined && who.gid !== undefined) await chown(folder, who.uid, who.gid);
  const data = join(folder, "data");
  const call = (program: string, ...args: readonly string[]) => run(join(bin, program), [...args], { ...who, cwd: folder });
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  // Without a log file pg_ctl's server would hold the pipes that this process waits for.
  const start = async () => void (await call("pg_ctl", "start", "-w", "-D", data, "-l", join(folder, "log"), "-o", settings));
  await call("initdb", "-D", data, "-A", "trust", "-U", "bridge", "--no-sync");
  await start();
  return {
    url: `postgres://bridge@127.0.0.1:${port}/postgres`,
    start,
    stop: async () => void (await call("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")),
    async remove() {
      await call("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate").catch(() => undefined); // it may be stopped already
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
async function findUser(): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}
