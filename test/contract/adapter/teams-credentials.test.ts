import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { ConfigError } from "../../../src/model/errors.ts";
import { textReply } from "../../../src/model/reply.ts";
import { until } from "../../support/until.ts";
import { createManualClock } from "../../unit/slack/manual-clock.ts";
import { createTeamsWorld, type TeamsWorld, type TeamsWorldOptions } from "./teams-world.ts";

const signal = new AbortController().signal;

/** Both directions work: a message is taken, and answered. */
async function talks(world: TeamsWorld): Promise<void> {
  await world.direct("hello");
  const { thread } = await until(() => world.received[0]);
  await world.adapter.post(thread, textReply("Hello", "answer"), "d1", signal);
  expect(world.seen(thread)).toMatchObject([{ text: "Hello" }]);
}

async function withWorld(options: TeamsWorldOptions, act: (world: TeamsWorld) => Promise<void>): Promise<void> {
  const world = await createTeamsWorld(options);
  try {
    await act(world);
    expect(world.teams.violations).toEqual([]);
  } finally {
    await world.stop();
  }
}

test("the bot proves itself by a secret, and keeps its token until shortly before its end", async () => {
  const clock = createManualClock(Date.now());
  await withWorld({ clock }, async (world) => {
    await talks(world);
    expect(world.teams.calls("token")).toHaveLength(1);
    await clock.advance(3_400_000);
    const thread = world.received[0]?.thread;
    if (thread) await world.adapter.post(thread, textReply("Still here", "answer"), "d2", signal);
    expect(world.teams.calls("token")).toHaveLength(2);
  });
});

test("the bot proves itself as a managed identity, without a secret", async () => {
  await withWorld({ config: { appPassword: undefined, managedIdentity: true } }, async (world) => {
    await talks(world);
    expect(world.teams.calls("managedToken")).toHaveLength(1);
    expect(world.teams.calls("token")).toHaveLength(0);
  });
});

test("the government's cloud has its own issuer and audience", async () => {
  await withWorld({ simulator: { cloud: "usGovernment" } }, talks);
  await withWorld({ simulator: { cloud: "usGovernment" }, config: { cloud: "public" } }, async (world) => {
    expect(await world.direct("hello")).toMatchObject({ statuses: [401] });
  });
});

/** A self-signed certificate behind its private key, which is encrypted: for this test only. */
const file = join(import.meta.dirname, "../../fixtures/teams/certificate.pem");

test("the bot proves itself by a certificate, whose key may be encrypted", async () => {
  const pem = await readFile(file, "utf8");
  const config = { appPassword: undefined, certificate: { file, passphrase: "open sesame" } };
  const prepare: TeamsWorldOptions["prepare"] = ({ tenant }) => {
    tenant.app.certificate = pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"));
  };
  await withWorld({ config, prepare }, talks);
  await expect(createTeamsWorld({ config: { ...config, certificate: { file } } })).rejects.toThrow(ConfigError);
});

test("a certificate that cannot be read is told by its key", async () => {
  const config = { appPassword: undefined, certificate: { file: "/nowhere/bot.pem" } };
  await expect(createTeamsWorld({ config })).rejects.toThrow("teams.certificate.file");
});
