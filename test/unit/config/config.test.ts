import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadConfig, parseConfig } from "../../../src/config.ts";
import { ConfigError } from "../../../src/model/errors.ts";

const slack = { botToken: "xoxb-1", signingSecret: "s" };
const agents = { desk: { url: "https://desk.example.com" } };
const sound = { slack, agents };

/** What is said about a configuration that cannot be used. */
function complaint(raw: unknown, env: Readonly<Record<string, string>> = {}): string {
  try {
    parseConfig(raw, env);
  } catch (err) {
    if (err instanceof ConfigError) return err.message;
    throw err;
  }
  throw new Error("there was nothing to complain about");
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("a configuration", () => {
  test("needs a platform and an agent; the rest has defaults", () => {
    expect(parseConfig(sound, {})).toMatchObject({
      listen: { host: "127.0.0.1", port: 3978, trustProxy: [] },
      store: { url: "sqlite:data/bridge.db", retention: { contentDays: 30, factsDays: 400 } },
      identity: { external: "refuse", map: {} },
      routes: [{ agent: "desk", followUps: "asker" }],
      outbound: { allowPrivateNetworks: false },
      slack: { apiUrl: "https://slack.com/api/", command: "/agent" },
      limits: { pushBodyMB: 16 },
      log: { level: "info" },
    });
  });

  test("keeps the defaults of a group of which one key is given", () => {
    const config = parseConfig({ ...sound, store: { retention: { contentDays: 7 } }, listen: { port: 0 } }, {});
    expect(config.store).toEqual({ url: "sqlite:data/bridge.db", retention: { contentDays: 7, factsDays: 400 } });
    expect(config.listen).toEqual({ host: "127.0.0.1", port: 0, trustProxy: [] });
  });

  test("vouches for accounts that there can be, and for each once", () => {
    const map = {
      "slack:T1:U1": "ann@example.com",
      "slack:U2": "ben@example.com",
      "discord:*:1": "cem@example.com",
      "slack:T1:U3": "dora",
    };
    expect(() => parseConfig({ ...sound, identity: { map: { ...map, "slack:*:U4": "Ann@example.com" } } }, {})).toThrow(
      [
        "  - identity.map.slack:U2: the account is not of the form <platform>:<workspace or *>:<user id>. Write <platform>:<workspace or *>:<user id>.",
        "  - identity.map.discord:*:1: the user is not an id of discord; write it like discord:*:80351110224678912. Write <platform>:<workspace or *>:<user id>.",
        "  - identity.map.slack:T1:U3: is not a user principal name. Write one such as ann@example.com.",
        "  - identity.map.slack:*:U4: the person of slack:*:U4 is slack:T1:U1 already in identity.map.slack:T1:U1. Remove one of the two.",
      ].join("\n"),
    );
    const { identity } = parseConfig({ ...sound, identity: { map: { "slack:*:U1": "ann@example.com" }, mapFile: "ids.csv" } }, {});
    expect(identity).toMatchObject({ mapFile: "ids.csv" });
  });

  test("is read from a file", async () => {
    const path = await file(
      "good.yaml",
      "slack: { botToken: xoxb-1, signingSecret: s }\nagents:\n  desk:\n    url: https://desk.example.com\n",
    );
    expect((await loadConfig({ path, env: {} })).agents).toEqual(agents);
  });
});

describe("variables", () => {
  test("come from the environment and from files", async () => {
    const path = await file("secret", "from-file\n");
    const raw = {
      ...sound,
      slack: { botToken: "xoxb-${TOKEN}", signingSecret: `\${file:${path}}` },
      listen: { port: "${PORT}" },
      slackless: undefined,
    };
    const { slackless: _, ...given } = raw;

    const config = parseConfig(given, { TOKEN: "t", PORT: "8080" });

    expect(config.slack).toMatchObject({ botToken: "xoxb-t", signingSecret: "from-file" });
    expect(config.listen.port).toBe(8080);
  });

  test("stay text where text is expected, and are not looked at twice", () => {
    const config = parseConfig({ ...sound, slack: { ...slack, signingSecret: "${A}" } }, { A: "12345" });
    expect(config.slack?.signingSecret).toBe("12345");
    const other = parseConfig({ ...sound, slack: { ...slack, signingSecret: "${A}" } }, { A: "${B}" });
    expect(other.slack?.signingSecret).toBe("${B}");
  });

  test("can be written as they are with a second dollar", () => {
    expect(parseConfig({ ...sound, slack: { ...slack, signingSecret: "a$${B}$" } }, {}).slack?.signingSecret).toBe("a${B}$");
  });
});

describe("what is wrong is said with its key and the remedy:", () => {
  test.each<[what: string, raw: unknown, said: readonly string[]]>([
    ["nothing at all", null, ["the configuration: must be a group of keys"]],
    ["no agents", { slack }, ["agents: is missing"]],
    ["an unknown key", { ...sound, agnets: {} }, ["agnets: is not a known key. Did you mean agents?"]],
    ["an unknown key below", { ...sound, listen: { prot: 1 } }, ["listen.prot: is not a known key. Did you mean port?"]],
    [
      "an unknown key of an agent",
      { slack, agents: { a: { ulr: "x" } } },
      ["agents.a.ulr: is not a known key. Did you mean url?", "agents.a.url: is missing"],
    ],
    ["an unknown key like no other", { ...sound, log: { colour: 1 } }, ["log.colour: is not a known key. Remove it. Known here: level."]],
    [
      "a secret that is not set",
      { ...sound, slack: { ...slack, botToken: "${SLACK_BOT_TOKEN}" } },
      ["slack.botToken: the environment variable SLACK_BOT_TOKEN is not set. Set SLACK_BOT_TOKEN"],
    ],
    [
      "a secret file that is missing",
      { ...sound, slack: { ...slack, botToken: "${file:/nowhere/token}" } },
      ["slack.botToken: the file /nowhere/token cannot be read"],
    ],
    [
      "a variable without a name",
      { ...sound, slack: { ...slack, botToken: "${ }" } },
      ["slack.botToken: holds a ${...} without a good name"],
    ],
    ["a wrong URL", { slack, agents: { a: { url: "desk.example.com" } } }, ["agents.a.url: is not a URL", "http://"]],
    ["a wrong public URL", { ...sound, publicUrl: "ftp://x" }, ["publicUrl: is not a URL that begins with http:// or https://"]],
    ["a wrong store", { ...sound, store: { url: "mysql://db" } }, ["store.url: is neither sqlite:<file> nor postgres://"]],
    [
      "a wrong network",
      { ...sound, outbound: { allowPrivateNetworks: ["10.0.0.0/33"] } },
      ["outbound.allowPrivateNetworks[0]: is neither an address nor a network"],
    ],
    ["a wrong type", { ...sound, listen: { port: "many" } }, ["listen.port: must be a number"]],
    ["a number in place of a text", { ...sound, discord: { token: "t", applicationId: 1234 } }, ["must be a text: put it in quotes"]],
    ["a wrong word", { ...sound, identity: { external: "maybe" } }, ["identity.external: must be refuse or allow"]],
    [
      "a wrong way to authenticate",
      { slack, agents: { a: { url: "https://a", auth: { type: "berer" } } } },
      ["agents.a.auth.type: must have a type"],
    ],
    [
      "a token that is no bot token",
      { agents, slack: { ...slack, botToken: "xoxp-1" } },
      ["slack.botToken: is the bot user's token of the installed app; it begins with xoxb-"],
    ],
    ["no platform", { agents }, ["slack: is missing"]],
    ["an agent without a name", { slack, agents: { "": { url: "https://a" } } }, ["agents."]],
    ["no agent in the list", { slack, agents: {} }, ["agents: is empty"]],
  ])("%s", (_what, raw, said) => {
    const complained = complaint(raw);
    for (const words of said) expect(complained).toContain(words);
  });

  test("everything at once, and each thing once", () => {
    const said = complaint({ agents: { a: { url: "x" } }, slack: { botToken: "${NOPE}" }, routs: [] });
    expect(said.split("\n").slice(1)).toHaveLength(4);
  });

  test("without the values, which may be secrets", () => {
    const said = complaint(
      { agents: { a: { url: "${SECRET}" } }, slack: { botToken: "${SECRET}", signingSecret: 5 }, store: { url: "mysql://u:hunter2@h" } },
      { SECRET: "hunter2" },
    );
    expect(said).not.toContain("hunter2");
  });
});

describe("routes", () => {
  const two = { desk: { url: "https://a.example.com" }, lab: { url: "https://b.example.com" } };
  const route = (...routes: readonly unknown[]) => complaint({ slack, agents: two, routes });

  test("are needed as soon as there are two agents", () => {
    expect(complaint({ slack, agents: two })).toContain(
      "routes: is missing, and there are several agents. Say who answers where: desk, lab.",
    );
  });

  test("may have one default, and it stands last", () => {
    expect(route({ agent: "desk" }, { agent: "lab" })).toContain("routes[1]: is a second route without conditions");
    expect(route({ agent: "desk" }, { agent: "lab", channel: "C1" })).toContain(
      "routes[1]: is never reached, since routes[0] has no conditions",
    );
    expect(parseConfig({ slack, agents: two, routes: [{ agent: "lab", channel: "C1" }, { agent: "desk" }] }, {}).routes).toHaveLength(2);
  });

  test("name agents and platforms that are there", () => {
    expect(route({ agent: "dsek", channel: "C1" }, { agent: "lab" })).toContain(
      "routes[0].agent: there is no agent dsek. Did you mean desk?",
    );
    expect(route({ agent: "desk", platform: "teams" }, { agent: "lab" })).toContain(
      "routes[0].platform: teams is not configured. Use slack",
    );
  });

  test("lead to every agent", () => {
    expect(route({ agent: "desk" })).toContain("agents.lab: no route leads there. Add a route with agent: lab");
  });
});

describe("an agent that answers by push only", () => {
  const spark = { ...sound, agents: { spark: { url: "https://spark.example.com", preset: "spark" } } };

  test("needs a public address to push to", () => {
    expect(complaint(spark)).toContain("publicUrl: is missing, and agents.spark answers by push only");
    expect(complaint({ ...sound, agents: { a: { url: "https://a", delivery: ["push"] } } })).toContain("publicUrl: is missing");
    expect(parseConfig({ ...spark, publicUrl: "https://bridge.example.com" }, {}).publicUrl).toBe("https://bridge.example.com");
  });

  test("or to be on the same machine", () => {
    expect(() => parseConfig({ ...spark, outbound: { allowPrivateNetworks: true } }, {})).not.toThrow();
  });
});

test("a guard that would do nothing is refused, not ignored", () => {
  const agent = (push: Record<string, unknown>) => complaint({ slack, agents: { a: { url: "https://a.example.com", push } } });
  expect(agent({ listen: { port: 4000 } })).toContain("agents.a.push.listen: is for a fixed URL only");
  expect(agent({ auth: "jwt" })).toContain("agents.a.push.jwt: is missing");
  const jwt = { jwksUrl: "https://a.example.com/keys", issuer: "a" };
  expect(agent({ auth: "jwt", jwt })).toContain("agents.a.push.jwt.audience: is missing");
});

describe("a file", () => {
  test("that is named and missing is told with its name", async () => {
    await expect(loadConfig({ path: "/nowhere/bridge.yaml", env: {} })).rejects.toThrow(
      /\/nowhere\/bridge.yaml cannot be read. .*--config or BRIDGE_CONFIG/,
    );
  });

  test("that is no YAML is told with the place, and without what stands there", async () => {
    const path = await file("bad.yaml", 'slack:\n  botToken: "xoxb-hunter2\n');
    const said = await loadConfig({ path, env: {} }).catch((err: unknown) => String(err));
    expect(said).toMatch(/bad.yaml cannot be used:\n {2}- line \d+, column \d+: is not YAML/);
    expect(said).not.toContain("hunter2");
  });

  test("that has a key twice is refused", async () => {
    const path = await file("twice.yaml", "listen: { port: 1 }\nlisten: { port: 2 }\n");
    await expect(loadConfig({ path, env: {} })).rejects.toThrow("line 2, column 1: is not YAML (duplicate key)");
  });
});
