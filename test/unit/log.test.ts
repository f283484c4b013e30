import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createLog, toSafeWords } from "../../src/log.ts";
import { AgentError, StoreError } from "../../src/model/errors.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function logged(facts: Record<string, unknown>): Promise<string> {
  const destination = join(folder, "log");
  createLog({ level: "debug", destination }).warn(facts, "something");
  return readFile(destination, "utf8");
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
};

test("an error of ours is logged with its words, kind and code; the words of what caused it are not", async () => {
  const cause = new Error("cannot answer canary-1", { cause: new AggregateError([new Error("canary-2")], "canary-3") });
  const line = await logged({ err: new AgentError("refused", "the agent refused with -32602", { code: -32602, cause }) });
  expect(JSON.parse(line).err).toMatchObject({
    type: "AgentError",
    kind: "refused",
    code: -32602,
    message: "the agent refused with -32602",
    cause: { type: "Error", message: "Error", at: expect.stringContaining("log.test.ts"), cause: { type: "AggregateError" } },
  });
  expect(line).not.toMatch(/canary/);
});

test("what a parser says about a text quotes it, and is not logged", async () => {
  const error = parse('{"canary-1": canary-2}');
  const line = await logged({ err: error });
  expect(String(error)).toMatch(/canary/);
  expect(line).toMatch(/SyntaxError/);
  expect(line).not.toMatch(/canary/);
  expect(toSafeWords(error)).toBe("SyntaxError");
});

test("errors of the system and of the store keep their words, for an admin needs them", async () => {
  const missing = await readFile(join(folder, "missing")).catch((error: unknown) => error);
  expect(toSafeWords(missing)).toMatch(/^ENOENT/);
  const line = await logged({ err: new StoreError("the store did not take or give", { cause: new Error("database is locked") }) });
  expect(line).toMatch(/database is locked/);
});

test("what is thrown and is no error tells only what it is", async () => {
  expect(await logged({ err: "canary" })).not.toMatch(/canary/);
  expect(toSafeWords({ message: "canary" })).toBe("object");
});

test("a whole configuration that is logged by mistake tells none of its secrets", async () => {
  const canary = "canary-of-some-length";
  const auths = [{ token: canary }, { username: "u", password: canary }, { clientSecret: canary }, { in: "header", value: canary }];
  const config = {
    store: { encryptionKey: canary },
    slack: { botToken: canary, signingSecret: canary, appToken: canary },
    teams: { appPassword: canary, certificate: { passphrase: canary } },
    discord: { token: canary },
    agents: Object.fromEntries(auths.map((auth, at) => [`a${at}`, { auth }])),
  };
  const line = await logged({ config });
  expect(line).not.toMatch(/canary/);
  expect(line).toContain("header");
});

test("values under the names of secrets and of content are not logged, five levels deep", async () => {
  const line = await logged({ a: { b: { c: { token: "canary", text: "canary" } } }, authorization: "canary", displayName: "canary" });
  expect(line).not.toMatch(/canary/);
});

test("the same holds in lists", async () => {
  const line = await logged({ rows: [{ id: 1 }, { id: 2, body: "canary" }] });
  expect(line).not.toMatch(/canary/);
  expect(JSON.parse(line).rows).toEqual([{ id: 1 }, { id: 2, body: "[redacted]" }]);
});

test("what is logged is not changed by it, and keeps its form where nothing is hidden", async () => {
  const facts = { auth: { token: "canary" }, at: new Date(0), url: new URL("https://bridge.example/"), none: null, list: [1, [2]] };
  const line = await logged(facts);
  expect(JSON.parse(line)).toMatchObject({
    auth: { token: "[redacted]" },
    at: "1970-01-01T00:00:00.000Z",
    url: "https://bridge.example/",
    none: null,
    list: [1, [2]],
  });
  expect(facts.auth.token).toBe("canary");
});

test("an error under another name tells nothing that is hidden either", async () => {
  const line = await logged({ cause: Object.assign(new Error("canary"), { body: "canary", config: { token: "canary" } }) });
  expect(line).not.toMatch(/canary/);
});
