import { expect, test } from "@jest/globals";
import { complete, detach, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { createTeamsSimulator } from "../../src/simulator/teams/simulator.ts";
import { onPostgres } from "../contract/ledger/engines.ts";
import { createReplicas } from "../support/replicas.ts";
import { createGate, createStage } from "../support/stage.ts";
import { fast, help, said } from "../support/teams/bridge.ts";
import { until } from "../support/until.ts";

const stage = createStage();

await onPostgres("two processes on one database", (place) => {
  async function setUp(settings: Readonly<Record<string, unknown>>) {
    const gate = createGate();
    const agent = await stage.agent({
      script: async function* (turn) {
        yield working();
        if (turn.push) yield detach();
        if (turn.text.startsWith("slowly")) yield wait(gate.passed);
        yield output("a", `Answer to ${turn.text}`, { last: true });
        yield complete();
      },
    });
    const teams = await createTeamsSimulator({ resends: 600, resendAfter: "failure", answerMs: 5_000 });
    stage.owns(() => teams.stop());
    const agents = { helper: { url: agent.url, whileRunning: "queue", ...settings } };
    const platform = { teams: { ...teams.config, welcome: "", pace: fast } };
    const replicas = await createReplicas({ storeUrl: place().url, agents, platform });
    teams.target(`${replicas.publicUrl}/api/messages`);
    stage.owns(() => replicas.stop());
    return { agent, teams, replicas, gate };
  }

  test("what one has asked before it was killed comes to the other as a push, and stands once where it was asked", async () => {
    // The agent can be asked for nothing: the push is the only way.
    const { agent, teams, replicas, gate } = await setUp({
      delivery: ["push"],
      operations: { get: false, list: false, resubscribe: false },
    });
    const first = await replicas.add();
    await replicas.lead(first);
    const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "slowly, in the thread", mention: true });
    await teams.say({ user: "ben", text: "slowly, in the chat" });
    await until(() => agent.tasks().filter(({ state }) => state === "working").length === 2);
    const second = await replicas.add();
    first.kill();
    expect((await first.ended).signal).toBe("SIGKILL");
    await replicas.lead(second);
    expect(teams.channel(help)).toHaveLength(1);

    gate.open();
    const inThread = () => said(teams.thread(help, threadId).replies);
    const inChat = () => said(teams.chat(teams.personal("ben")).messages);
    await until(() => inThread().length > 0 && inChat().length > 0, 25_000);
    await until(async () => (await second.ask({ kind: "rows" }, "rows")).open === 0, 20_000);
    expect(inThread()).toEqual(["Answer to slowly, in the thread"]);
    expect(inChat()).toEqual(["Answer to slowly, in the chat"]);
    expect(teams.channel(help).map(({ bot }) => bot)).toEqual([false]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  }, 60_000);

  test("share the work: each message is answered once and in order, whichever of them took it", async () => {
    const { agent, teams, replicas } = await setUp({});
    const both = [await replicas.add(), await replicas.add()] as const;
    const threads: string[] = [];
    const turnTo = (turn: number) => teams.target(`${both[turn % 2 === 0 ? 0 : 1].url}/api/messages`);
    for (let number = 0; number < 4; number += 1) {
      turnTo(number);
      const { threadId = "", delivered } = await teams.say({ user: "ann", channel: help, text: `first ${number}`, mention: true });
      await delivered;
      threads.push(threadId);
    }
    teams.disturb({ duplicates: 1 });
    for (const [number, threadId] of threads.entries()) {
      turnTo(number + 1);
      await (await teams.say({ user: "ann", channel: help, threadId, text: `second ${number}`, mention: true })).delivered;
    }
    const answers = (threadId: string) => said(teams.thread(help, threadId).replies).filter((text) => text.startsWith("Answer"));
    await until(() => threads.every((threadId) => answers(threadId).length >= 2), 25_000);
    await until(async () => (await both[0].ask({ kind: "rows" }, "rows")).open === 0, 20_000);
    expect(threads.map(answers)).toEqual(threads.map((_, number) => [`Answer to first ${number}`, `Answer to second ${number}`]));
    expect([...agent.countByMessageId().values()]).toEqual(Array(8).fill(1));
    expect(teams.violations).toEqual([]);
  }, 60_000);
});
