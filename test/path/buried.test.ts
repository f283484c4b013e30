import { existsSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete } from "../../src/simulator/agents/steps.ts";
import { runCommand } from "../support/command.ts";
import { onEveryStore } from "../support/stores.ts";
import { until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
  await agent?.stop();
});

describe.each(onEveryStore())("on $kind", (store) => {
  afterEach(() => store.clear());

  /** A bridge whose answer and apology were refused by Slack: both are set aside. */
  async function bury() {
    const { url } = await store.create();
    agent = await createSimulatedAgent({
      name: "helper", protocol: "1.0", binding: "JSONRPC", modes: { streaming: false, push: false }, script: () => [complete("The secret answer.")],
    }); // biome-ignore format: one call
    world = await createWorld({ config: { agents: { helper: { url: agent.url } }, store: { url } } });
    const { slack } = world;
    slack.fault({ method: "chat.postMessage", kind: "error", error: "restricted_action", times: 2 });
    const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
    const buried = await until(async () => {
      const rows = (await world?.app.ledger.buried(10)) ?? [];
      return rows.length === 2 ? rows : undefined;
    });
    const run = (...args: readonly string[]) => runCommand(["buried", ...args, "--store", url]);
    return { world, slack, ts, run, reference: buried[0]?.reference ?? "" };
  }

  test("what was set aside is listed with its count and reason, shown with its story, and never quoted", async () => {
    const { run, reference, ts } = await bury();
    const { out } = await run("list");
    expect(out).toMatch(/^2 rows set aside\.\n/);
    expect(out).toMatch(
      new RegExp(`${reference}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  delivery  slack:T1:C1:${ts}\\n +refused: .*restricted_action`),
    );
    const shown = await run("show", reference.toLowerCase());
    expect(shown.out).toMatch(/buried +set aside after try 1: refused/);
    expect(out + shown.out).not.toContain("secret");
    expect(JSON.parse((await run("list", "--json")).out)).toMatchObject({ count: 2, rows: [{ reference, redrivable: true }, {}] });
    expect(await run("show", "AAAAAAAA")).toMatchObject({ code: 3, err: expect.stringContaining("Nothing of AAAAAAAA is set aside") });
  });

  test("redrive shows the count first, then the running bridge posts what was kept", async () => {
    const { run, slack, ts, world } = await bury();
    expect((await run("redrive", "--all")).out).toMatch(/^2 rows can be put back to work\.[\s\S]*Nothing was done\. Add --yes/);
    expect(await world.app.ledger.buried(10)).toHaveLength(2);

    expect(await run("redrive", "--all", "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("2 rows put back to work.") });
    await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.includes("The secret answer.")));
    expect((await run("list")).out).toBe("0 rows set aside.\n");
  });

  test("redrive works while no bridge runs, and the next one posts it", async () => {
    const { run, slack, ts, world, reference } = await bury();
    await world.stopBridge();
    expect(await run("redrive", reference, "--yes")).toMatchObject({ code: 0, out: expect.stringContaining("2 rows put back to work.") });
    expect(slack.thread("C1", ts).replies).toEqual([]);
    await world.startBridge();
    await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.includes("The secret answer.")));
  });

  test("it has to be said what is meant", async () => {
    for (const words of [["redrive"], ["redrive", "AAAAAAAA", "--all"]]) {
      expect(await runCommand(["buried", ...words])).toMatchObject({
        code: 2,
        err: expect.stringContaining("either references, or --all"),
      });
    }
  });
});

test("the admin socket is for the store's user alone, replaces what a killed process left, and goes with the bridge", async () => {
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: false, push: false },
    script: () => [complete("ok")],
  });
  world = await createWorld({ config: { agents: { helper: { url: agent.url } } } });
  const socket = join(world.folder, "bridge.db.sock");
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  await world.stopBridge();
  expect(existsSync(socket)).toBe(false);
  await writeFile(socket, "");
  await world.startBridge();
  expect(statSync(socket).isSocket()).toBe(true);
});
