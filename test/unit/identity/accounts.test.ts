import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openAccounts } from "../../../src/identity/accounts.ts";
import { createLog, silentLog } from "../../../src/log.ts";
import type { Clock } from "../../../src/model/clock.ts";
import { until } from "../../support/until.ts";
import { createManualClock } from "../slack/manual-clock.ts";

const ann = { platform: "discord", workspace: "80351110224678000", user: "80351110224678912" };
const line = (name: string) => `discord:*:${ann.user},${name}\n`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "identities-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The accounts of a file, and what the log says. */
async function open(text: string, map: Readonly<Record<string, string>> = {}) {
  const file = join(folder, "ids.csv");
  await writeFile(file, text);
  const clock = createManualClock();
  const destination = join(folder, "log");
  const accounts = await openAccounts({ map, file, log: createLog({ level: "info", destination }), clock });
  const stopping = new AbortController();
  const kept = accounts.keep(stopping.signal);
  return {
    file,
    name: () => accounts.nameOf(ann),
    log: () => readFile(destination, "utf8"),
    /** Another version takes its place at once. */
    async write(next: string) {
      await writeFile(`${file}.new`, next);
      await rename(`${file}.new`, file);
    },
    /** Lets time pass until the log has this many lines. */
    async lines(wanted: number) {
      await until(async () => {
        await clock.advance(500);
        return (await readFile(destination, "utf8")).trim().split("\n").length >= wanted;
      });
    },
    async stop() {
      stopping.abort();
      await kept;
    },
  };
}

describe("the accounts that an admin vouches for", () => {
  test("are those of the configuration and of the file, which is read again when it has changed", async () => {
    const world = await open(line("ann@example.com"), { [`discord:${ann.workspace}:1234567890123456789`]: "ben@example.com" });
    expect(world.name()).toBe("ann@example.com");
    await world.write(line("anna@example.com"));
    await world.lines(2);
    expect(world.name()).toBe("anna@example.com");
    await world.write("");
    await world.lines(3);
    expect(world.name()).toBeUndefined();
    await world.stop();
  });

  test("stay as they are when a new version cannot be used; the log names its line loudly, and nobody", async () => {
    const world = await open(line("ann@example.com"));
    await world.write(`${line("eve@example.com")}nonsense\n`);
    await world.lines(2);
    expect(world.name()).toBe("ann@example.com");
    const [, loud] = (await world.log()).trim().split("\n");
    expect(JSON.parse(loud ?? "")).toMatchObject({
      level: 50,
      file: world.file,
      err: { message: expect.stringContaining("line 2: is not of the form") },
      msg: "the new version of the identities cannot be used; the one before stays in force",
    });
    await rm(world.file);
    await world.lines(3);
    expect(world.name()).toBe("ann@example.com");
    await world.write(line("ann@example.org"));
    await world.lines(4);
    expect(world.name()).toBe("ann@example.org");
    expect(await world.log()).not.toMatch(/@example/);
    await world.stop();
  });

  test("may not contradict each other, nor be missing, when the bridge starts", async () => {
    const map = { [`discord:*:${ann.user}`]: "ann@example.com" };
    await expect(open(line("eve@example.com"), map)).rejects.toThrow(
      `line 1: discord:*:${ann.user} is named already in identity.map.discord:*:${ann.user}`,
    );
    const file = join(folder, "nowhere.csv");
    const missing = openAccounts({ map: {}, file, log: silentLog, clock: createManualClock() });
    await expect(missing).rejects.toThrow(`${file} (identity.mapFile) cannot be read: ENOENT`);
  });

  test("are not taken from a file that is still being written", async () => {
    const file = join(folder, "ids.csv");
    await writeFile(file, line("ann@example.com"));
    const naps: (() => void)[] = [];
    const clock: Clock = { now: () => 0, sleep: () => new Promise((wake) => void naps.push(wake)), after: () => () => undefined };
    const accounts = await openAccounts({ map: {}, file, log: silentLog, clock });
    const stopping = new AbortController();
    const kept = accounts.keep(stopping.signal);
    /** One look at the file, whole. */
    const look = async () => {
      naps.shift()?.();
      await until(() => naps.length > 0);
    };
    for (const name of ["a@example.co", "a@example.com.b"]) {
      await writeFile(file, line(name));
      await look();
      expect(accounts.nameOf(ann)).toBe("ann@example.com");
    }
    await look();
    expect(accounts.nameOf(ann)).toBe("a@example.com.b");
    stopping.abort();
    naps.shift()?.();
    await kept;
  });
});
