import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "@jest/globals";
import { z } from "zod";
import { createSlackAdapter } from "../../../adapters/slack/index.ts";
import { type AdapterParts, createApp } from "../../../src/app.ts";
import { parseConfig } from "../../../src/config.ts";
import { createGuardedFetch } from "../../../src/http/fetch.ts";
import { silentLog } from "../../../src/log.ts";
import { startDemo } from "../../../src/simulator/demo.ts";
import { rooms } from "../../../src/simulator/demo-rooms.ts";
import { until } from "../../support/until.ts";

const hint = z.object({ hint: z.string(), tries: z.array(z.string()) });
const viewed = z.object({ platforms: z.array(z.object({ id: z.string(), rooms: z.array(z.object({ id: z.string(), hint })) })) });
const presets = ["spark", "brightsy", "inkeep", "sistava", "agentspace"];
const places = ["streaming", "slow-job", ...presets];

test("the demo offers a configuration that the bridge takes, and leaves nothing behind", async () => {
  const demo = await startDemo({ log: silentLog });
  const config = parseConfig(demo.config, {});
  const folder = dirname(config.store.url.replace("sqlite:", ""));
  const channels = [...demo.simulator.workspace.channels.values()].map(({ name }) => name);

  expect(channels).toEqual(expect.arrayContaining(places));
  expect(Object.keys(config.agents)).toEqual(["poet", "worker", ...presets]);
  expect(presets.map((name) => config.agents[name]?.preset)).toEqual(presets);
  expect(config.routes.map(({ agent }) => agent).toSorted()).toEqual(Object.keys(config.agents).toSorted());
  expect((await fetch(demo.url)).status).toBe(200);
  expect(existsSync(folder)).toBe(true);

  await demo.stop();

  expect(existsSync(folder)).toBe(false);
  await expect(fetch(demo.url)).rejects.toThrow();
});

test("each room tells what is special there and what to try", async () => {
  const demo = await startDemo({ log: silentLog });
  try {
    const { platforms } = viewed.parse(await (await fetch(`${demo.url}api/view`)).json());
    for (const { rooms } of platforms) {
      expect(new Set(rooms.map((room) => room.hint.hint)).size).toBe(rooms.length);
      for (const { hint } of rooms) {
        expect(hint.hint).not.toMatch(/\n/);
        expect(hint.tries.length).toBeGreaterThan(1);
      }
    }
  } finally {
    await demo.stop();
  }
});

test("every agent of the demo answers in its channel, with a bridge in between", async () => {
  const demo = await startDemo({ log: silentLog });
  const guarded = createGuardedFetch({ allowPrivateNetworks: true });
  const config = parseConfig(demo.config, {});
  const adapters = async (shared: AdapterParts) => (config.slack ? [createSlackAdapter({ ...shared, config: config.slack })] : []);
  const app = await createApp({ config, ...guarded, log: silentLog, adapters });
  const { simulator } = demo;
  try {
    demo.connect((await app.start()).url);
    // Others may come before it: that the question was passed on, for one.
    const exchanges: readonly (readonly [said: string, answer: RegExp])[] = [
      ["stream a poem", /The wire/],
      ["job 1", /job is done/],
      ["thanks", /welcome/],
      ["anything", /You said to/],
      ["I want a refund", /Billing\*\* here/],
      ["anything", /Nora Lind/],
      ["anything", /You said/],
    ];
    const answered = rooms.map(async ({ id }, at) => {
      const [words, answer] = exchanges[at] ?? ["", /^$/];
      const { ts } = await simulator.say({ channel: id, user: "UANN", text: `<@UBOT> ${words}` });
      const shown = () => simulator.thread(id, ts).replies.some(({ bot, streaming, text }) => bot && !streaming && answer.test(text));
      return until(shown, 20_000, `an answer of ${id}`);
    });

    expect(await Promise.all(answered)).toHaveLength(exchanges.length);
  } finally {
    await app.stop();
    await demo.stop();
    await guarded.close();
  }
});

test("a page whose port is taken is an error, with nothing left running", async () => {
  const demo = await startDemo({ log: silentLog });

  await expect(startDemo({ port: Number(new URL(demo.url).port), log: silentLog })).rejects.toMatchObject({ code: "EADDRINUSE" });

  await demo.stop();
});
