import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { complete, output, working } from "../../src/simulator/agents/steps.ts";
import { home } from "../../src/simulator/discord/realm.ts";
import { createDiscordSimulator } from "../../src/simulator/discord/simulator.ts";
import { onPostgres } from "../contract/ledger/engines.ts";
import { startBridge } from "../support/crash/process.ts";
import { saidIn } from "../support/discord/bridge.ts";
import { createStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** The promise is about a machine that has time for us. */
const takenOverMs = 15_000;

await onPostgres("two processes on one database", (place) => {
  test("one of them listens; when it is killed, the other is connected within 15 seconds and answers what came meanwhile", async () => {
    const agent = await stage.agent({
      script: (turn) => [working(), output("a", `Answer to ${turn.text}`, { last: true }), complete()],
    });
    const discord = await createDiscordSimulator();
    stage.owns(() => discord.stop());
    const folder = await mkdtemp(join(tmpdir(), "replicas-"));
    stage.owns(() => rm(folder, { recursive: true, force: true }));
    const add = async (name: string) => {
      const config = {
        listen: { host: "127.0.0.1", port: 0, metrics: { port: 0 } },
        store: { url: place().url },
        outbound: { allowPrivateNetworks: true },
        agents: { helper: { url: agent.url, delivery: ["blocking"] } },
        discord: discord.config,
      };
      const life = startBridge({ config, logFile: join(folder, `${name}.log`) });
      stage.owns(() => life.stop());
      await life.ready;
      return life;
    };
    const answers = (id: string) => saidIn(discord, home.help, id);
    const connected = () => discord.gateway.sessions().filter((session) => session.connected).length;

    const first = await add("first");
    const second = await add("second");
    const thread = discord.say({ channel: home.help, user: "ann", text: "one", mention: true }).id;
    await until(() => answers(thread).length === 1, 20_000);
    expect(connected()).toBe(1);
    expect(discord.counters().identifies).toBe(1);

    first.kill();
    expect((await first.ended).signal).toBe("SIGKILL");
    const killedAt = performance.now();
    discord.say({ channel: thread, user: "ann", text: "two" });
    const other = discord.say({ channel: home.random, user: "ben", text: "three", mention: true }).id;
    await until(() => discord.counters().identifies === 2, 60_000);
    const tookMs = performance.now() - killedAt;
    await until(() => answers(thread).length === 2 && saidIn(discord, home.random, other).length === 1, 30_000);
    process.stdout.write(`\nDiscord: taken over ${Math.round(tookMs)} ms after a kill\n`);
    expect(tookMs).toBeLessThan(takenOverMs);
    expect(answers(thread)).toEqual(["Answer to one", "Answer to two"]);
    expect(saidIn(discord, home.random, other)).toEqual(["Answer to three"]);
    expect(connected()).toBe(1);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1, 1]);
    await second.stop();
  }, 120_000);

  test("when the one that listens stops in good order, the other takes over at once", async () => {
    const discord = await createDiscordSimulator();
    stage.owns(() => discord.stop());
    const agent = await stage.agent({ script: (turn) => [output("a", `Answer to ${turn.text}`, { last: true }), complete()] });
    const folder = await mkdtemp(join(tmpdir(), "replicas-"));
    stage.owns(() => rm(folder, { recursive: true, force: true }));
    const config = {
      listen: { host: "127.0.0.1", port: 0, metrics: { port: 0 } },
      store: { url: place().url },
      outbound: { allowPrivateNetworks: true },
      agents: { helper: { url: agent.url } },
      discord: discord.config,
    };
    const first = startBridge({ config, logFile: join(folder, "first.log") });
    await first.ready;
    const second = startBridge({ config, logFile: join(folder, "second.log") });
    stage.owns(() => second.stop());
    await second.ready;
    await first.stop();
    await until(() => discord.counters().identifies === 2, 30_000);
    const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
    await until(() => saidIn(discord, home.help, id).length === 1, 20_000);
    expect(saidIn(discord, home.help, id)).toEqual(["Answer to one"]);
  }, 90_000);
});
