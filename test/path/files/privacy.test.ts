import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { complete, output } from "../../../src/simulator/agents/steps.ts";
import { createJumpClock } from "../../support/jump-clock.ts";
import { createStage, replies } from "../../support/stage.ts";
import { until } from "../../support/until.ts";
import type { World } from "../../support/world.ts";

const stage = createStage();

/** Whole files, so that they stand in Base64 as they would alone. */
const fromPerson = "canary-of-a-person-7d1f";
const fromAgent = "canary-of-an-agent-93ab";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const traces = [fromPerson, fromAgent, base64(fromPerson), base64(fromAgent), "canary-name"];

async function setUp(store: object = {}) {
  const clock = createJumpClock();
  const logs = await mkdtemp(join(tmpdir(), "bridge-log-"));
  stage.owns(() => rm(logs, { recursive: true, force: true }));
  const logFile = join(logs, "bridge.log");
  const agent = await stage.agent({
    inputModes: ["*/*"],
    script: () => [
      output("a", [{ raw: base64(fromAgent), filename: "canary-name-out.txt", mediaType: "text/plain" }], { last: true }),
      complete(),
    ],
  });
  const world = await stage.world({
    logFile,
    clock,
    config: { agents: { helper: { url: agent.url, files: { as: "link" } } }, ...store },
  });
  const log = () => readFile(logFile, "utf8");
  return { agent, world, clock, log };
}

/** The bytes of every file of the store, as they stand on the disk. */
async function storeOf({ folder }: Pick<World, "folder">, store = ""): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(store) && !name.endsWith(".sock"));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "latin1")))).join("");
}

async function talk({ world, agent }: Awaited<ReturnType<typeof setUp>>, instead = false) {
  const { slack } = world;
  if (instead) slack.workspace.app.scopes.delete("files:write");
  const { ts } = await slack.say({
    channel: "C1",
    user: "UANN",
    text: "<@UBOT> see",
    files: [{ name: "canary-name-in.txt", mediaType: "text/plain", bytes: Buffer.from(fromPerson) }],
  });
  await until(() => slack.thread("C1", ts).replies.some(({ bot }) => bot));
  await until(async () => (await world.app.ledger.stats()).every(({ state }) => state === "done"));
  return { ts, link: agent.received[0]?.files[0]?.url ?? "" };
}

test("what stood in a file is in no log, and goes from the store with its time, links and all", async () => {
  const scene = await setUp();
  const { world, clock, log } = scene;
  const { ts, link } = await talk(scene, true);
  const [instead = ""] = replies(world.slack, ts);
  const shown = /http:\S+$/.exec(instead)?.[0] ?? "";
  expect(await (await fetch(link)).text()).toBe(fromPerson);
  expect(await (await fetch(shown)).text()).toBe(fromAgent);
  expect(await storeOf(world)).toContain(base64(fromPerson));

  clock.jump(31 * 86_400_000);
  await world.restart();
  await until(async () => !(await storeOf(world)).includes(base64(fromPerson)));
  const stored = await storeOf(world);
  for (const trace of traces) expect(stored).not.toContain(trace);
  for (const address of [link, shown]) expect((await fetch(address.replace(/:\d+\//, `:${new URL(world.url).port}/`))).status).toBe(404);
  const logged = await log();
  expect(logged).toContain("bridge started");
  for (const trace of [...traces, new URL(link).pathname, new URL(shown).pathname]) expect(logged).not.toContain(trace);
});

test("a link works for its time, and not a moment longer", async () => {
  const scene = await setUp({ limits: { fileLinkHours: 2 } });
  const { link } = await talk(scene);
  scene.clock.jump(2 * 3_600_000 - 60_000);
  expect((await fetch(link)).status).toBe(200);
  scene.clock.jump(61_000);
  expect((await fetch(link)).status).toBe(404);
});

test("with a key nothing of a file stands on the disk in the clear", async () => {
  const scene = await setUp({});
  await scene.world.stopBridge();
  const sealed = await stage.world({
    config: {
      agents: { helper: { url: scene.agent.url, files: { as: "link" } } },
      store: { url: `sqlite:${join(scene.world.folder, "sealed.db")}`, encryptionKey: "a secret for the test" },
    },
  });
  await talk({ ...scene, world: sealed });
  const stored = await storeOf(scene.world, "sealed.db");
  expect(stored.length).toBeGreaterThan(1_000);
  for (const trace of traces) expect(stored).not.toContain(trace);
});

test("nobody who asks for addresses learns what is there", async () => {
  const scene = await setUp();
  const { link } = await talk(scene);
  const { origin, pathname } = new URL(link);
  const [, , id = "", expires = "", signature = "", name = ""] = pathname.split("/");
  const wrong = [
    "/files",
    "/files/",
    `/files/${id}`,
    `/files/${id}/${expires}`,
    `/files/${id}/${expires}/${signature}`,
    `/files/${id}/${Number(expires) + 1}/${signature}/${name}`,
    `/files/${id}/${expires}/${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : "A"}/${name}`,
    `/files/${id}/${expires}/${signature}x/${name}`,
    `/files/${id.toLowerCase()}x/${expires}/${signature}/${name}`,
    `/files/${"A".repeat(43)}/${expires}/${signature}/${name}`,
    `/files/${id}/1/${signature}/${name}`,
  ];
  const answers = await Promise.all(wrong.map(async (path) => (await fetch(origin + path)).status));
  expect(answers).toEqual(wrong.map(() => 404));
  expect((await fetch(link, { method: "POST" })).status).toBe(404);
  expect((await fetch(link)).status).toBe(200);
});
