import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const run = promisify(execFile);
const file = new URL("../../src/give-back.ts", import.meta.url).href;

test("what a burst needed is given back to the system once little happens", async () => {
  const burst = `
    const { giveBackMemory } = await import(${JSON.stringify(file)});
    giveBackMemory();
    let held = [];
    for (let count = 0; count < 40; count += 1) held.push(Array.from({ length: 20_000 }, (_, at) => ({ at, text: "x" + at })));
    held = undefined;
    const most = process.memoryUsage.rss();
    const end = Date.now() + 30_000;
    while (process.memoryUsage.rss() > most - 40e6 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
    console.log(Math.round((most - process.memoryUsage.rss()) / 1e6));`;
  // The first look is due after a second in place of eight.
  const flags = ["--gc-memory-reducer-start-delay-ms=1000", "--input-type=module", "--eval", burst];
  const { stdout } = await run(process.execPath, flags);
  expect(Number(stdout)).toBeGreaterThanOrEqual(40);
}, 60_000);
