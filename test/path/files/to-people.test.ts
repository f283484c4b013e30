import { createServer, type Server } from "node:http";
import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent, SimulatedAgentOptions } from "../../../src/simulator/agents/agent.ts";
import { complete, detach, output, type Step, type StepPart } from "../../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { createStage, mention } from "../../support/stage.ts";
import { until } from "../../support/until.ts";
import type { World, WorldOptions } from "../../support/world.ts";

const stage = createStage();

const csv = { raw: Buffer.from("a,b\n1,2\n").toString("base64"), filename: "report.csv", mediaType: "text/csv" };
const words = { text: "Here it is" };

async function setUp(
  parts: readonly StepPart[] | ((agent: () => SimulatedAgent) => readonly StepPart[]),
  more: { readonly agent?: Partial<SimulatedAgentOptions>; readonly config?: object; readonly world?: Partial<WorldOptions> } = {},
): Promise<{ world: World; agent: SimulatedAgent }> {
  const made: { agent?: SimulatedAgent } = {};
  const agentNow = () => {
    if (!made.agent) throw new Error("too early");
    return made.agent;
  };
  made.agent = await stage.agent({
    script: (): readonly Step[] => [output("a", typeof parts === "function" ? parts(agentNow) : parts, { last: true }), complete()],
    ...more.agent,
  });
  const world = await stage.world({ ...more.world, config: { agents: { helper: { url: made.agent.url } }, ...more.config } });
  return { world, agent: made.agent };
}

const posts = (slack: SlackSimulator, ts: string) => slack.thread("C1", ts).replies.filter(({ bot, streaming }) => bot && !streaming);
const bytesOf = (slack: SlackSimulator, id = "") => Buffer.from(slack.file(id)?.bytes ?? "").toString();

async function ask({ slack }: World, count: number) {
  const ts = await mention(slack, "the report, please");
  await until(() => posts(slack, ts).length >= count);
  return posts(slack, ts);
}

/** Serves files beside the agent: at an address that is private and not the agent's. */
async function serve(answer: (path: string) => { status: number; headers?: Record<string, string>; body?: string }): Promise<string> {
  const server: Server = createServer((request, response) => {
    const { status, headers, body = "" } = answer(request.url ?? "");
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stage.owns(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

describe.each([
  { protocol: "1.0", binding: "JSONRPC" },
  { protocol: "0.3", binding: "JSONRPC" },
  { protocol: "0.3", binding: "HTTP+JSON" },
] as const)("a file of an agent of $protocol over $binding", (agent) => {
  test("stands in the thread as a file, behind the words", async () => {
    const { world } = await setUp([words, csv], { agent });
    const [text, file] = await ask(world, 2);
    expect(text).toMatchObject({ text: "Here it is", files: [] });
    // The 0.3 HTTP+JSON message (a2a.proto of 0.3) has no field for a file's name.
    const name = agent.protocol === "0.3" && agent.binding === "HTTP+JSON" ? "file.csv" : "report.csv";
    expect(file?.files).toMatchObject([{ name, mediaType: "text/csv", size: 8 }]);
    expect(bytesOf(world.slack, file?.files[0]?.id)).toBe("a,b\n1,2\n");
    expect([...world.slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  });
});

describe("a file", () => {
  test("needs no words", async () => {
    const { world } = await setUp([csv]);
    expect((await ask(world, 1)).map(({ files }) => files.map(({ name }) => name))).toEqual([["report.csv"]]);
  });

  test("takes no part in a live text, which gets the words", async () => {
    const { world } = await setUp([], {
      agent: {
        script: async function* () {
          yield output("a", "Writing ");
          await until(() => world.slack.calls("chat.startStream").length > 0);
          yield output("a", [{ text: "it down" }, csv], { append: true, last: true });
          yield complete();
        },
      },
    });
    const [text, file] = await ask(world, 2);
    expect(text?.text).toBe("Writing it down");
    expect(file?.files).toHaveLength(1);
  });

  test("has a plain name, whatever the agent calls it", async () => {
    const { world } = await setUp([{ ...csv, filename: "../../etc/\u202Evsc.report`\u0007*.csv" }]);
    const [file] = await ask(world, 1);
    expect(file?.files[0]?.name).toBe("vsc.report__.csv");
  });

  test("is brought again after a hiccup on the way, and stands there once", async () => {
    const { world } = await setUp([csv]);
    world.slack.fault({ kind: "dropAfter", method: "upload" });
    world.slack.fault({ kind: "500", method: "files.getUploadURLExternal" });
    world.slack.fault({ kind: "429", method: "files.completeUploadExternal", retryAfter: 0 });
    await ask(world, 1);
    expect(world.slack.calls("files.completeUploadExternal").map(({ outcome }) => outcome)).toEqual(["ratelimited", "ok"]);
  });

  test("of which nobody knows whether it was shown is looked up, and not shown twice", async () => {
    const { world } = await setUp([csv]);
    world.slack.fault({ kind: "dropAfter", method: "files.completeUploadExternal" });
    const ts = await mention(world.slack, "the report, please");
    await until(() => posts(world.slack, ts).length > 0);
    await until(async () => (await world.app.ledger.stats()).every(({ state, count }) => state === "done" || count === 0));
    expect(posts(world.slack, ts)).toHaveLength(1);
    expect(world.slack.calls("files.completeUploadExternal")).toHaveLength(1);
    expect([...world.slack.deliveries().values()]).toEqual([1]);
  });
});

test("a file comes by push as well, and stands there once however often it is pushed", async () => {
  const agent = await stage.agent({
    script: function* () {
      yield detach();
      yield output("a", [words, csv], { last: true });
      yield complete();
    },
  });
  const world = await stage.world({ config: { agents: { helper: { url: agent.url, delivery: ["push"] } } } });
  const [text, file] = await ask(world, 2);
  expect([text?.text, bytesOf(world.slack, file?.files[0]?.id)]).toEqual(["Here it is", "a,b\n1,2\n"]);
  await agent.pushAgain(2);
  await until(async () => (await world.app.ledger.stats()).every(({ state }) => state === "done"));
  expect(world.slack.calls("files.completeUploadExternal")).toHaveLength(1);
});

describe("what is not shown", () => {
  test("for want of a scope is named, with what to do, and can be fetched by a link of the bridge", async () => {
    const { world } = await setUp([words, csv]);
    world.slack.workspace.app.scopes.delete("files:write");
    const [, instead] = await ask(world, 2);
    expect(instead?.text).toMatch(
      /^`report\.csv` cannot be shown here: the Slack app may not bring files \(an admin can give it the scope files:write\)\. It can be fetched for 24 hours: http/,
    );
    const [link = ""] = /http:\S+$/.exec(instead?.text ?? "") ?? [];
    const response = await fetch(link);
    expect(await response.text()).toBe("a,b\n1,2\n");
    expect(response.headers.get("content-disposition")).toContain('attachment; filename="report.csv"');
    for (const wrong of [link.replace("/files/", "/files/x"), link.replace(/\d{10}/, "9999999999"), `${link}.exe`.replace(/\/[^/]+$/, "")])
      expect((await fetch(wrong)).status).toBe(404);
  });

  test("is a program, too large or one too many, each with its reason", async () => {
    const big = { ...csv, raw: Buffer.alloc(3_000).toString("base64"), filename: "big.csv" };
    const program = { ...csv, filename: "update.exe" };
    const { world } = await setUp([words, program, big, csv, { ...csv, filename: "second.csv" }], {
      config: { limits: { fileMB: 0.002, filesPerMessage: 1 } },
    });
    const [text, file] = await ask(world, 2);
    expect(text?.text).toContain("`update.exe` is not shown: files of this kind are not passed on here.");
    expect(text?.text).toContain("`big.csv` is not shown: it is larger than 2 KB.");
    expect(text?.text).toContain("`second.csv` is not shown: no more than 1 files of an answer are shown.");
    expect(file?.files.map(({ name }) => name)).toEqual(["report.csv"]);
  });
});

describe("a file by its address", () => {
  test("is fetched from the agent's own host", async () => {
    const { world } = await setUp((agent) => [
      { url: `${agent().url}/.well-known/agent-card.json`, filename: "card.json", mediaType: "application/json" },
    ]);
    const [file] = await ask(world, 1);
    expect(bytesOf(world.slack, file?.files[0]?.id)).toContain('"name":"helper"');
  });

  test("of a private network is not fetched, also where agents may be there: its address is shown", async () => {
    const asked: string[] = [];
    const host = await serve((path) => {
      asked.push(path);
      return { status: 200, body: "secret" };
    });
    const { world } = await setUp([{ url: `${host}/admin.csv`, filename: "admin.csv", mediaType: "text/csv" }]);
    const [instead] = await ask(world, 1);
    expect(instead?.text).toBe(`\`admin.csv\` cannot be shown here: it could not be fetched. The agent offers it at ${host}/admin.csv`);
    expect(instead?.files).toEqual([]);
    expect(asked).toEqual([]);
  });

  test.each([
    ["redirects", "/redirect", "its address leads elsewhere"],
    ["is gone", "/gone", "it is not there any more"],
    ["is a page to sign in at", "/page", "its address does not hand it out"],
    ["is too large", "/large", "it is larger than 1 KB"],
  ])("that %s is named, and its address shown", async (_, path, why) => {
    const answers: Record<string, { status: number; headers?: Record<string, string>; body?: string }> = {
      "/redirect": { status: 302, headers: { location: "http://127.0.0.1:1/" } },
      "/gone": { status: 404 },
      "/page": { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" },
      "/large": { status: 200, headers: { "content-type": "text/csv" }, body: "x".repeat(2_000) },
    };
    const host = await serve((asked) => answers[asked] ?? { status: 500 });
    const agent = await stage.agent({
      script: () => [output("a", [{ url: host + path, filename: "a.csv", mediaType: "text/csv" }]), complete()],
    });
    // The same host as the files': its card is given, for it serves none.
    const card = JSON.parse(await (await fetch(agent.cardUrl)).text());
    const world = await stage.world({ config: { agents: { helper: { url: host, card } }, limits: { fileMB: 0.001 } } });
    const [instead] = await ask(world, 1);
    expect(instead?.text).toBe(`\`a.csv\` cannot be shown here: ${why}. The agent offers it at ${host}${path}`);
  });
});
