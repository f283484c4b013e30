import { afterEach, describe, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, fail, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { runCommand } from "../support/command.ts";
import { createGate } from "../support/stage.ts";
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

const hopsOf = (out: string) => JSON.parse(out).hops.map(({ hop }: { hop: string }) => hop);

describe.each(onEveryStore())("on $kind", (store) => {
  afterEach(() => store.clear());

  async function begin(
    script: NonNullable<Parameters<typeof createSimulatedAgent>[0]["script"]>,
    modes = { streaming: true, push: false },
  ) {
    const opened = await store.create();
    agent = await createSimulatedAgent({ name: "helper", protocol: "1.0", binding: "JSONRPC", modes, script });
    world = await createWorld({ config: { agents: { helper: { url: agent.url } }, store: { url: opened.url } } });
    const trace = (what: string, ...more: readonly string[]) => runCommand(["trace", what, "--store", opened.url, ...more]);
    return { slack: world.slack, world, trace };
  }
  const linkTo = (ts: string, root?: string) =>
    `https://acme.slack.com/archives/C1/p${ts.replace(".", "")}${root === undefined ? "" : `?thread_ts=${root}&cid=C1`}`;

  test("a failed message's way is told by the reference of its notice, by links and by thread, running and stopped", async () => {
    const { slack, world, trace } = await begin(() => [working("trying"), wait(20), fail("I broke.")]);
    const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> the secret of the printer" });
    const notice = await until(() => slack.thread("C1", ts).replies.find(({ text }) => text.includes("could not finish")));
    await until(async () => (await world.app.ledger.open("delivery", `slack:T1:C1:${ts}`)).length === 0);
    const reference = /`([0-9A-Z]{8})`/.exec(notice.text)?.[1] ?? "";

    const whole = ["said", "received", "taken", "asked", "answering", "ended", "queued", "posted"];
    const ways = [reference, reference.toLowerCase(), `slack:T1:C1:${ts}`, linkTo(ts), linkTo(notice.ts, ts)];
    for (const what of ways) expect(hopsOf((await trace(what, "--json")).out)).toEqual(whole);
    const { code, out } = await trace(reference);
    expect([code, out]).toEqual([0, expect.stringContaining(`slack, workspace T1, channel C1, thread ${ts}`)]);
    expect(out).toMatch(/asked +agent helper\n.*answering +first word of agent helper\n.*ended +failed, \d+ ms after it was asked\n/);
    expect(out).toContain(`posted     in the thread as slack message ${notice.ts}`);
    expect(out).not.toMatch(/secret|printer|broke/);

    await world.stopBridge();
    expect((await trace(reference)).out).toBe(out);
  });

  test("an answer by push shows the push, and what is open says what it waits for", async () => {
    const gate = createGate();
    const { slack, world, trace } = await begin(
      async function* () {
        yield working("long work");
        await gate.passed;
        yield output("a", "done at last");
        yield complete();
      },
      { streaming: false, push: true },
    );
    const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> take your time" });
    const lane = `slack:T1:C1:${ts}`;
    await until(async () => /waits for a push of agent helper, until \d{4}-/.test((await trace(lane)).out));
    gate.open();
    await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.includes("done at last")));
    await until(async () => (await world.app.ledger.backlog()).length === 0);

    const { out } = await trace(linkTo(ts));
    expect(out).toMatch(/push +received from agent helper and committed/);
    expect(out).toMatch(/ended +completed, /);
    expect(out).not.toContain("open ");
  });

  test("what is not there is told, with exit code 3", async () => {
    const { trace } = await begin(() => [complete("ok")]);
    for (const what of ["7KQ2M0XA", linkTo("1700000000.123456")]) {
      expect(await trace(what)).toMatchObject({ code: 3, out: "", err: expect.stringContaining("Nothing in the store belongs to") });
    }
    expect(await trace("https://example.com/x")).toMatchObject({ code: 2, err: expect.stringContaining("no link to a message") });
  });
});
