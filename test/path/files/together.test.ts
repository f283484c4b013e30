import { describe, expect, test } from "@jest/globals";
import { complete, output, working } from "../../../src/simulator/agents/steps.ts";
import { createGate, createStage, mention, replies } from "../../support/stage.ts";
import { until } from "../../support/until.ts";
import type { World, WorldOptions } from "../../support/world.ts";

/** Many people's files at the same time: what they hold in memory together is bounded, and everybody has their turn. */

const stage = createStage();

const size = 400;
const blob = (bytes = size, name = "data.bin") => ({ name, mediaType: "application/octet-stream", bytes: Buffer.alloc(bytes, 7) });
/** 1048 bytes: two of those files. */
const limits = { filesInMemoryMB: 0.001 };

/** An agent that answers a turn with files when its gate is opened. */
async function setUp(more: Partial<WorldOptions> & { readonly limits?: object; readonly settings?: object } = {}) {
  const gates = new Map<string, ReturnType<typeof createGate>>();
  const gateOf = (text: string) => {
    const gate = gates.get(text) ?? createGate();
    gates.set(text, gate);
    return gate;
  };
  const held = { now: 0, most: 0 };
  const agent = await stage.agent({
    inputModes: ["*/*"],
    script: async function* (turn) {
      const bytes = turn.files.reduce((sum, file) => sum + (file.bytes?.byteLength ?? 0), 0);
      yield working();
      held.now += bytes;
      held.most = Math.max(held.most, held.now);
      if (bytes > 0) await gateOf(turn.text).passed;
      held.now -= bytes;
      yield output("a", `got ${turn.files.length}: ${turn.text}`, { last: true });
      yield complete();
    },
  });
  const world = await stage.world({
    ...more,
    config: { agents: { helper: { url: agent.url, ...more.settings } }, limits: { ...limits, ...more.limits } },
  });
  const say = async (text: string, files = [blob()]) =>
    (await world.slack.say({ channel: "C1", user: "UANN", text: `<@UBOT> ${text}`, files })).ts;
  const asked = () => agent.received.map(({ text }) => text);
  return { agent, world, say, asked, held, open: (text: string) => gateOf(text).open() };
}

const downloads = ({ slack }: World) => slack.calls("download").length;
/** Until as many turns are at work. */
const taken = (world: World, turns: number) =>
  until(async () => (await world.app.ledger.stats()).some((row) => row.queue === "task" && row.state === "leased" && row.count === turns));
const settled = (world: World) => until(async () => (await world.app.ledger.stats()).every(({ state }) => state === "done"));

describe("files of people", () => {
  test("that come all at once are fetched as far as there is room, and the others when calls have come to their end", async () => {
    const { world, say, asked, held, open } = await setUp();
    const names = ["one", "two", "three", "four", "five", "six"];
    const threads = new Map<string, string>();
    for (const name of names) threads.set(name, await say(name));
    await until(() => asked().length === 2);
    // A message without a file has nothing to wait for.
    const plain = await mention(world.slack, "no file");
    await until(() => replies(world.slack, plain).length === 1);
    expect([downloads(world), held.most]).toEqual([2, 2 * size]);
    const withFiles = () => asked().filter((text) => text !== "no file");
    for (let ended = 1; ended <= names.length; ended += 1) {
      open(withFiles()[ended - 1] ?? "");
      await until(() => withFiles().length === Math.min(names.length, ended + 2));
      expect(downloads(world)).toBe(withFiles().length);
    }
    const said = () => names.map((name) => replies(world.slack, threads.get(name) ?? ""));
    await until(() => said().every(({ length }) => length === 1));
    expect(said()).toEqual(names.map((name) => [`got 1: ${name}`]));
    expect(withFiles().toSorted()).toEqual(names.toSorted());
    expect([held.most, downloads(world)]).toEqual([2 * size, names.length]);
  });

  test("that are more than there is room for at all go alone", async () => {
    const { world, say, asked, open } = await setUp();
    const first = await say("small");
    await until(() => asked().length === 1);
    const large = await say("large", [blob(3_000), blob(2_000)]);
    await taken(world, 2);
    const last = await say("last");
    await taken(world, 3);
    expect(downloads(world)).toBe(1);
    open("small");
    await until(() => asked().length === 2);
    expect([asked(), downloads(world)]).toEqual([["small", "large"], 3]);
    open("large");
    open("last");
    await until(() => replies(world.slack, last).length === 1);
    expect([first, large, last].map((ts) => replies(world.slack, ts)[0])).toEqual(["got 1: small", "got 2: large", "got 1: last"]);
  });

  test("for which there is no room for long are named, with what to do, and the text still goes", async () => {
    const { world, say, asked, open } = await setUp({ pace: { roomToAsk: 150 } });
    await say("one");
    await say("two");
    await until(() => asked().length === 2);
    const late = await say("late");
    await until(() => replies(world.slack, late).length === 2);
    expect(replies(world.slack, late)).toEqual([
      "Not passed on to the agent:\n- `data.bin`: too many files are on their way at once; send it again in a few minutes",
      "got 0: late",
    ]);
    open("one");
    open("two");
    await settled(world);
    open("again");
    const again = await say("again");
    await until(() => replies(world.slack, again).length === 1);
    expect(replies(world.slack, again)).toEqual(["got 1: again"]);
  });

  test.each([
    ["cannot be fetched", async (world: World) => world.slack.fault({ kind: "error", error: "not_found", method: "download", times: 2 })],
    ["are programs", undefined],
  ])("that %s give their room back", async (_, disturb) => {
    const { world, say, asked, open } = await setUp();
    await disturb?.(world);
    const programs = disturb ? [] : [{ ...blob(), bytes: Buffer.alloc(size, "MZ") }];
    for (const name of ["one", "two"]) {
      const ts = await say(name, disturb ? [blob()] : programs);
      await until(() => replies(world.slack, ts).length === 2);
    }
    for (const name of ["three", "four"]) {
      open(name);
      await say(name);
    }
    await until(() => asked().length === 4);
    await settled(world);
    expect(downloads(world)).toBe(4);
  });

  test("that wait are let go by a stop, and those of a call that is stopped make room", async () => {
    const { world, say, asked } = await setUp();
    const [first, second] = [await say("one"), await say("two")];
    await until(() => asked().length === 2);
    const waiting = await say("three");
    const behind = await say("four");
    await taken(world, 4);
    const stop = async (threadTs: string) => {
      await world.slack.say({ channel: "C1", user: "UANN", text: "stop", threadTs });
      await until(() => replies(world.slack, threadTs).some((said) => said.startsWith("Stopped.")));
    };
    await stop(waiting);
    expect(downloads(world)).toBe(2);
    await stop(first);
    await until(() => asked().length === 3);
    expect(asked()).toEqual(["one", "two", "four"]);
    await stop(second);
    await stop(behind);
  });

  test("that wait when the bridge stops are asked for by the next one", async () => {
    const { world, say, asked, open } = await setUp();
    const threads = [await say("one"), await say("two")];
    await until(() => asked().length === 2);
    threads.push(await say("three"));
    await taken(world, 3);
    await world.stopBridge();
    for (const name of ["one", "two", "three"]) open(name);
    await world.startBridge();
    await until(() => threads.every((ts) => replies(world.slack, ts).length === 1));
    expect(replies(world.slack, threads[2] ?? "")).toEqual(["got 1: three"]);
    expect(asked().toSorted()).toEqual(["one", "three", "two"]);
  });

  test("that have more bytes than their platform says count with all of them", async () => {
    const { world, say, asked, open } = await setUp();
    const { slack } = world;
    slack.disturb({ hold: true });
    const growing = await say("growing");
    for (const [id, file] of slack.workspace.files) slack.workspace.files.set(id, { ...file, bytes: Buffer.alloc(900, 7) });
    slack.release();
    await until(() => asked().length === 1);
    const next = await say("next");
    await taken(world, 2);
    expect(asked()).toEqual(["growing"]);
    open("growing");
    open("next");
    await until(() => replies(slack, next).length === 1);
    expect(replies(slack, growing)).toEqual(["got 1: growing"]);
  });
});

describe("files of agents", () => {
  const csv = { raw: Buffer.alloc(size, "a").toString("base64"), filename: "report.csv", mediaType: "text/csv" };

  test.each([
    ["for a moment", { roomToPost: 5_000 }],
    ["until it is tried again", { roomToPost: 20 }],
  ])("are brought as far as there is room; a post waits %s", async (_, pace) => {
    const agent = await stage.agent({ script: () => [output("a", [csv], { last: true }), complete()] });
    const world = await stage.world({ pace, config: { agents: { helper: { url: agent.url } }, limits } });
    const { slack } = world;
    slack.fault({ kind: "slow", ms: 2_000, method: "upload", times: 2 });
    const threads = await Promise.all(["one", "two", "three"].map((text) => mention(slack, text)));
    const uploads = () => slack.calls("files.getUploadURLExternal").length;
    await until(() => uploads() === 2);
    // Words have nothing to wait for.
    const help = await mention(slack, "help");
    await until(() => replies(slack, help).length === 1);
    expect(slack.calls("upload")).toEqual([]);
    expect(uploads()).toBe(2);
    const shown = () => threads.map((ts) => slack.thread("C1", ts).replies.flatMap(({ files }) => files.map(({ name }) => name)));
    await until(() => shown().every(({ length }) => length === 1));
    await settled(world);
    expect(shown()).toEqual([["report.csv"], ["report.csv"], ["report.csv"]]);
    expect(uploads()).toBe(3);
  });
});
