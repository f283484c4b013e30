import { createServer } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { createHostileAgent } from "../../src/simulator/agents/hostile.ts";
import { authRequired, complete, output, type Step, wait } from "../../src/simulator/agents/steps.ts";
import { bystanderChannel, bystanderRoute, createBystanderAgent } from "../support/bystander.ts";
import { createStage } from "../support/stage.ts";
import { createChat } from "../support/systems/chat.ts";
import { createGuardedWorld } from "../support/systems/guarded.ts";
import { until } from "../support/until.ts";

const stage = createStage();

describe("an agent at an allowed address leads the bridge nowhere else", () => {
  test("not by its card: a private address in it is not dialled, and the admin's key is named", async () => {
    const trap = await createTrap("127.0.0.2");
    for (const elsewhere of [
      trap.url,
      "http://169.254.169.254/latest/meta-data",
      "http://10.0.0.1/rpc",
      "http://[::1]:9/rpc",
      "http://localtest.invalid/",
    ]) {
      const agent = await createHostileAgent({ cardTrick: "elsewhere", elsewhere });
      const calm = await stage.agent({ name: "calm", modes: { streaming: true, push: false } });
      stage.owns(() => agent.stop());
      const world = await createGuardedWorld({
        agents: { evil: { url: agent.url }, calm: { url: calm.url } },
        routes: [{ agent: "calm", channel: "C2" }, { agent: "evil" }],
        outbound: { allowPrivateNetworks: ["127.0.0.1/32"] },
      });
      stage.owns(() => world.stop());
      const chat = createChat(world.slack);
      const other = createChat(world.slack, { channel: "C2", user: "UBEN" });
      const [said, calmly] = await Promise.all([chat.ask("hello"), other.ask("hello")]);
      expect(said).toMatch(
        elsewhere.includes("invalid")
          ? /name of the agent's server is not known.*Reference `\w+`/s
          : /in a network that the bridge may not reach.*`outbound\.allowPrivateNetworks`.*Reference `\w+`/s,
      );
      expect(calmly).not.toMatch(/Reference/);
      expect(agent.calls.filter((call) => call !== "card")).toEqual([]);
    }
    expect(trap.calls).toEqual([]);
  });

  test("not by its name or its own address, where that is private and nobody has allowed it", async () => {
    const trap = await createTrap("127.0.0.2");
    const world = await createGuardedWorld({
      agents: { evil: { url: trap.url } },
      outbound: { allowPrivateNetworks: ["127.0.0.1/32"] },
    });
    stage.owns(() => world.stop());
    expect(await createChat(world.slack).ask("hello")).toMatch(/may not reach.*Reference/s);
    expect(trap.calls).toEqual([]);
  });

  test.each(["card", "message"])("not by a redirect of its %s, which is not followed", async (what) => {
    const trap = await createTrap("127.0.0.1");
    const trick = what === "card" ? ({ cardTrick: "redirect" } as const) : ({ trick: "redirect" } as const);
    const agent = await createHostileAgent({ ...trick, elsewhere: trap.url });
    stage.owns(() => agent.stop());
    const world = await createGuardedWorld({
      agents: { evil: { url: agent.url, auth: { type: "bearer", token: "a-secret-of-the-admin" } } },
      outbound: { allowPrivateNetworks: ["127.0.0.1/32"] },
    });
    stage.owns(() => world.stop());
    expect(await createChat(world.slack).ask("hello")).toMatch(/(redirects elsewhere|card was not found).*Reference/s);
    expect(trap.calls).toEqual([]);
  });
});

describe("words of an agent that would mislead", () => {
  const page = "https://evil.example/login";
  const lures: readonly (readonly [string, readonly Step[]])[] = [
    ["a link under another name", [output("a", [{ url: page, filename: "https://intranet.acme.test/" }]), complete()]],
    [
      "a file whose name is mark-up",
      [output("a", [{ url: page, filename: "[report](https://acme.test)<https://acme.test|report>" }]), complete()],
    ],
    [
      "a sign-in of its own",
      [authRequired([{ text: "Sign in" }, { url: page, filename: "https://login.acme.test" }]), wait(500), complete("done")],
    ],
  ];
  test.each(lures)("%s: the person reads where it leads", async (_what, steps) => {
    const agent = await stage.agent({
      modes: { streaming: true, push: false },
      script: async function* () {
        yield* steps;
      },
    });
    const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url } } } });
    const chat = createChat(slack);
    await chat.say("hello");
    await until(() => chat.replies().some((text) => text.includes("evil.example")));
    const text = chat.replies().join("\n");
    expect(text).toContain(page);
    expect(text).not.toMatch(/(?<!\\)\]\(https?:|(?<!\\)<https?:[^>]*(?<!\\)\|/);
  });

  test("an address that is none of the web is shown as code, and nothing there can be pressed", async () => {
    const agent = await stage.agent({
      modes: { streaming: false, push: false },
      script: async function* () {
        for (const [index, url] of ["javascript:alert(1)", "file:///etc/passwd", "https://acme.test|https://evil.example"].entries())
          yield output(`a${index}`, [{ url, filename: "press me" }]);
        yield complete();
      },
    });
    const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url } } } });
    const chat = createChat(slack);
    expect(await chat.ask("hello")).toMatch(/press me: `javascript:alert\(1\)`[\s\S]*`file:\/\/\/etc\/passwd`/);
    expect(chat.replies().join("\n")).not.toMatch(/<https?:[^>]*\|/);
  });

  test("mass mentions in every piece of a long stream call nobody, there or elsewhere", async () => {
    const steady = await createBystanderAgent(stage);
    const agent = await stage.agent({
      modes: { streaming: true, push: false },
      script: async function* () {
        for (let piece = 0; piece < 500; piece += 1)
          yield output("a", "<!channel> @here @everyone <@UBEN> &lt;!here&gt; ", { append: true });
        yield output("a", "that is all", { append: true });
        yield complete();
      },
    });
    const world = await stage.world({
      slack: { channels: [{ id: bystanderChannel }] },
      config: { agents: { evil: { url: agent.url }, steady: { url: steady.agent.url } }, routes: [bystanderRoute, { agent: "evil" }] },
    });
    const bystander = await steady.begin(world);
    const chat = createChat(world.slack);
    await chat.say("hello");
    await until(() => chat.replies().at(-1)?.endsWith("that is all"));
    expect(world.slack.thread("C1", chat.ts).replies.flatMap(({ calls }) => calls)).toEqual([]);
    await bystander.expectUndisturbed(world);
  });
});

/** Something that nobody should ever call. */
async function createTrap(host: string) {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
    response.end("{}");
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the trap has no port");
  stage.owns(async () => server.close());
  return { url: `http://${host}:${address.port}/trap`, calls };
}
