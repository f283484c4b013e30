import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "@jest/globals";
import { parseConfig } from "../../../src/config.ts";
import { silentLog } from "../../../src/log.ts";
import { startDemo } from "../../../src/simulator/demo.ts";

test("the demo offers a configuration that the bridge takes, and leaves nothing behind", async () => {
  const demo = await startDemo({ log: silentLog });
  const config = parseConfig(demo.config, {});
  const folder = dirname(config.store.url.replace("sqlite:", ""));
  const channels = [...demo.simulator.workspace.channels.values()].map(({ name }) => name);

  expect(channels).toEqual(expect.arrayContaining(["streaming", "slow-job", "spark"]));
  expect(Object.keys(config.agents)).toEqual(["poet", "worker", "spark"]);
  expect((await fetch(demo.url)).status).toBe(200);
  expect(existsSync(folder)).toBe(true);

  await demo.stop();

  expect(existsSync(folder)).toBe(false);
  await expect(fetch(demo.url)).rejects.toThrow();
});

test("a page whose port is taken is an error, with nothing left running", async () => {
  const demo = await startDemo({ log: silentLog });

  await expect(startDemo({ port: Number(new URL(demo.url).port), log: silentLog })).rejects.toMatchObject({ code: "EADDRINUSE" });

  await demo.stop();
});
