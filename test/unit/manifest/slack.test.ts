import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { findManifestProblems, type SlackManifest } from "../../../adapters/slack/manifest.ts";
import { createFolder, runCommand } from "../../support/command.ts";

const root = join(import.meta.dirname, "../../..");
const schemaPath = join(root, "../shared/schemas/slack/manifest.schema.2.0.0.json");
const names = ["http", "socket-mode", "mention-only"];

let folder: Awaited<ReturnType<typeof createFolder>>;
beforeAll(async () => {
  folder = await createFolder();
});
afterAll(() => folder.remove());

const committed = async (name: string): Promise<SlackManifest> =>
  JSON.parse(await readFile(join(root, `manifest/slack/${name}.json`), "utf8"));
const make = async (name: string, ...more: readonly string[]) =>
  runCommand(["manifest", "slack", "--config", join(root, `manifest/slack/${name}.yaml`), ...more]);

async function makeFrom(yaml: string) {
  await writeFile(folder.path("bridge.yaml"), `agents: { a: { url: "https://a.example.com" } }\n${yaml}`);
  return runCommand(["manifest", "slack", "--config", folder.path("bridge.yaml")]);
}

describe.each(names)("the manifest for %s", (name) => {
  test("is what the command makes of the configuration beside it (npm start -- manifest slack --config manifest/slack/<name>.yaml --out ...)", async () => {
    const { code, out } = await make(name);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(await committed(name));
  });

  test("has no problem that we know of, and is for one workspace without rotating tokens", async () => {
    const manifest = await committed(name);
    expect(findManifestProblems(manifest)).toEqual([]);
    expect(manifest.settings).toMatchObject({ org_deploy_enabled: false, token_rotation_enabled: false });
  });
});

test("each of them asks for less than one that does more", async () => {
  const [http, socket, mentions] = await Promise.all(names.map(committed));
  expect(mentions?.oauth_config.scopes.bot).toEqual(["app_mentions:read", "chat:write", "users:read"]);
  expect(mentions?.settings.event_subscriptions.bot_events).toEqual(["app_mention", "app_uninstalled", "tokens_revoked"]);
  expect(http?.oauth_config).toEqual(socket?.oauth_config);
  expect(JSON.stringify(socket)).not.toContain("https://");
  expect(http?.settings.interactivity.request_url).toBe("https://bridge.example.com/slack/events");
});

if (existsSync(schemaPath)) {
  test.each(names)("Slack's own schema takes %s, and not one with a misspelt key", async (name) => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(await readFile(schemaPath, "utf8")));
    const manifest = await committed(name);
    expect([validate(manifest), validate.errors]).toEqual([true, null]);
    expect(validate({ ...manifest, features: { ...manifest.features, agentview: {} } })).toBe(false);
  });
} else {
  process.stdout.write("Left out: Slack's schema for manifests: there is no ../shared/schemas/slack beside this checkout.\n");
}

describe("a manifest that Slack's schema lets pass and that would not do", () => {
  const spoil = async (change: (manifest: SlackManifest) => void, name = "http") => {
    const manifest = await committed(name);
    change(manifest);
    return findManifestProblems(manifest).join("\n");
  };

  test.each<[what: string, change: (manifest: SlackManifest) => void, problem: string]>([
    [
      "an event that is not known",
      (m) => void m.settings.event_subscriptions.bot_events.push("agent_session_stoped"),
      "agent_session_stoped is not known",
    ],
    ["a scope without a use", (m) => void m.oauth_config.scopes.bot.push("chat:wrte"), "there is no use for chat:wrte"],
    [
      "an event without its scope",
      (m) => void m.oauth_config.scopes.bot.splice(m.oauth_config.scopes.bot.indexOf("im:history"), 1),
      "message.im needs the scope im:history",
    ],
    [
      "a command without its scope",
      (m) => void m.oauth_config.scopes.bot.splice(m.oauth_config.scopes.bot.indexOf("commands"), 1),
      "features.slash_commands: needs the scope commands",
    ],
    [
      "an agent without its scope",
      (m) => void m.oauth_config.scopes.bot.splice(m.oauth_config.scopes.bot.indexOf("assistant:write"), 1),
      "features.agent_view: needs the scope assistant:write",
    ],
    [
      "an address without TLS",
      (m) => Object.assign(m.settings.interactivity, { request_url: "http://bridge.example.com" }),
      "settings.interactivity.request_url",
    ],
    ["both views", (m) => Object.assign(m.features, { assistant_view: { assistant_description: "a" } }), "features: Unrecognized key"],
    ["rotating tokens", (m) => Object.assign(m.settings, { token_rotation_enabled: true }), "settings.token_rotation_enabled"],
    ["no address for signed requests", (m) => void delete m.settings.event_subscriptions.request_url, "settings.socket_mode_enabled"],
    ["a long name", (m) => Object.assign(m.display_information, { name: "x".repeat(36) }), "display_information.name"],
  ])("has %s", async (_, change, problem) => {
    expect(await spoil(change)).toContain(problem);
  });
});

describe("the command", () => {
  test("tells with --json what each permission is for", async () => {
    const { out } = await make("http", "--json");
    const { manifest, scopes } = JSON.parse(out);
    expect(Object.keys(scopes)).toEqual(manifest.oauth_config.scopes.bot);
    expect(scopes["reactions:write"]).toEqual(["reactions.add", "reactions.remove"]);
  });

  test("writes a file and says what to do with it", async () => {
    const { out } = await make("socket-mode", "--out", folder.path("app.json"));
    expect(out).toContain("https://api.slack.com/apps?new_app=1");
    expect(JSON.parse(await readFile(folder.path("app.json"), "utf8"))).toEqual(await committed("socket-mode"));
  });

  test("takes name and description from the configuration, and makes a name that can be mentioned", async () => {
    const { out } = await makeFrom(
      'slack: { botToken: "${A}", appToken: "${B}", manifest: { name: "Help & Desk!", description: Ask us } }\n',
    );
    expect(JSON.parse(out)).toMatchObject({
      display_information: { name: "Help & Desk!", description: "Ask us" },
      features: { bot_user: { display_name: "help-desk" }, agent_view: { agent_description: "Ask us" } },
    });
  });

  test("asks for no history of channels where every route wants a mention", async () => {
    const { out } = await makeFrom('slack: { botToken: "${A}", appToken: "${B}" }\nroutes: [{ agent: a, followUps: mention }]\n');
    expect(JSON.parse(out).oauth_config.scopes.bot).not.toContain("channels:history");
  });

  test.each([
    ["no address and no app-level token", 'slack: { botToken: "${A}", signingSecret: "${B}" }\n', "publicUrl: is missing"],
    [
      "an address without TLS",
      'publicUrl: "http://b.example.com"\nslack: { botToken: "${A}", signingSecret: "${B}" }\n',
      "publicUrl: does not begin with https://",
    ],
    ["no Slack", 'teams: { appId: "${A}", appPassword: "${B}", tenantId: "${C}" }\n', "slack: is missing"],
    [
      "a name that is not set yet",
      'slack: { botToken: "${A}", appToken: "${B}", manifest: { name: "${NAME}" } }\n',
      "slack.manifest.name: names a variable",
    ],
  ])("refuses %s, with the key and the remedy", async (_, yaml, problem) => {
    await expect(makeFrom(yaml)).rejects.toThrow(problem);
  });
});
