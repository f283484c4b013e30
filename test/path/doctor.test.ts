import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { afterEach, expect, test } from "@jest/globals";
import { createSlackAdapter } from "../../adapters/slack/index.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { silentLog } from "../../src/log.ts";
import { createSlackSimulator, type SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createFolder, runCommand } from "../support/command.ts";
import { createStage } from "../support/stage.ts";

const stage = createStage();
let slack: SlackSimulator | undefined;
let folder: Awaited<ReturnType<typeof createFolder>> | undefined;
afterEach(async () => {
  await slack?.stop();
  await folder?.remove();
});

/** A configuration against simulators, with what is laid over it. */
async function diagnose(more: Readonly<Record<string, unknown>> = {}, publicUrl?: string) {
  slack = await createSlackSimulator({});
  const agent = await stage.agent();
  folder = await createFolder();
  const config = {
    ...{ listen: { port: 0 }, outbound: { allowPrivateNetworks: true }, store: { url: `sqlite:${folder.path("bridge.db")}` } },
    ...{ slack: slack.config, agents: { helper: { url: agent.url } }, ...(publicUrl && { publicUrl }), ...more },
  };
  const path = folder.path("bridge.yaml");
  await writeFile(path, JSON.stringify(config));
  const make = (parts: Parameters<typeof createSlackAdapter>[0]) => [createSlackAdapter(parts)];
  return runCommand(["doctor", "--config", path, "--json"], {}, async (config, parts) =>
    config.slack ? make({ ...parts, config: config.slack }) : [],
  );
}

const find = (out: string, about: string, what: string) =>
  JSON.parse(out)
    .sections.find((section: { about: string }) => section.about === about)
    ?.findings.find((finding: { what: string }) => finding.what === what);

test("what is sound is called so: store, disk, clock, token, card, and the platform's guarantee in words", async () => {
  const { out } = await diagnose();
  expect(find(out, "bridge", "configuration")).toMatchObject({ state: "good" });
  expect(find(out, "bridge", "store file")).toMatchObject({ state: "good", says: expect.stringContaining("made at the first start") });
  expect(find(out, "bridge", "clock")).toMatchObject({ state: "good" });
  expect(find(out, "slack", "bot token")).toMatchObject({ state: "good", says: expect.stringContaining("T1") });
  expect(find(out, "slack", "guarantee")).toMatchObject({ says: expect.stringContaining("looked up before it is repeated") });
  expect(find(out, "agent helper", "card")).toMatchObject({ state: "good" });
  expect(out).not.toContain("xoxb-");
});

test("what is broken is named with what to look at, and the exit code is 1", async () => {
  const other = createServer((_request, response) => response.end("welcome to nginx"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  stage.owns(async () => other.close());
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const agents = { gone: { url: "http://127.0.0.1:1/a2a" } };
  const { code, out } = await diagnose({ agents }, `http://127.0.0.1:${port}`);
  expect(code).toBe(1);
  expect(find(out, "bridge", "publicUrl")).toMatchObject({ state: "bad", says: expect.stringContaining("not as this bridge") });
  expect(find(out, "agent gone", "card")).toMatchObject({ state: "bad", says: expect.stringContaining("agents.gone.url") });
});

test("publicUrl is known to lead to this very bridge while it runs", async () => {
  const agent = await stage.agent();
  const world = await stage.world({ config: { agents: { helper: { url: agent.url } } } });
  const { slack: same } = world;
  const { out } = await diagnose({ slack: { pace: { perSecond: 20, burst: 20 }, ...same.config } }, world.url);
  expect(find(out, "bridge", "publicUrl")).toMatchObject({ state: "good" });
});

test("a configuration that cannot be used is a finding, not a crash", async () => {
  folder = await createFolder({ "bad.yaml": "slack: { botTokn: x }\nagents: {}\n" });
  const { code, out } = await runCommand(["doctor", "--config", folder.path("bad.yaml")]);
  expect([code, out]).toEqual([1, expect.stringContaining("slack.botTokn: is not a known key")]);
  expect(out).toContain("BAD  configuration");
});

test("a store that was written with another key, or with none, is told before a start finds it out", async () => {
  await diagnose();
  const url = `sqlite:${folder?.path("bridge.db")}`;
  const { ledger } = await openLedger({ url, log: silentLog, encryptionKey: "the first key of this store, 32 characters" });
  await ledger.accept([{ id: "1", queue: "message", lane: "a", facts: {}, content: { said: "hello" } }]);
  await ledger.close();
  const path = folder?.path("keyed.yaml") ?? "";
  const look = async (encryptionKey: string | undefined) => {
    const store = { url, ...(encryptionKey && { encryptionKey }) };
    const rest = { outbound: { allowPrivateNetworks: true }, agents: { helper: { url: "http://127.0.0.1:9" } }, slack: slack?.config };
    await writeFile(path, JSON.stringify({ ...rest, store }));
    return find((await runCommand(["doctor", "--config", path, "--json"])).out, "bridge", "store");
  };
  expect(await look("the first key of this store, 32 characters")).toMatchObject({ state: "good" });
  expect(await look("another key than that, and as long as it")).toMatchObject({
    state: "bad",
    says: expect.stringContaining("store.encryptionKey"),
  });
  expect(await look(undefined)).toMatchObject({ state: "bad", says: expect.stringContaining("no key is configured") });
});
