import { afterEach, describe, expect, test } from "@jest/globals";
import { createHostileAgent, type HostileAgent, type HostileOptions } from "../../../src/simulator/agents/hostile.ts";
import { until } from "../../support/until.ts";
import { all, call, json } from "./raw.ts";
import { closeAll, closing, connect, say } from "./support.ts";

afterEach(closeAll);

async function start(options: HostileOptions = {}): Promise<HostileAgent> {
  const agent = await createHostileAgent({ bytes: 1_000_000, events: 500, depth: 5_000, ...options });
  closing(() => agent.stop());
  return agent;
}
const send = (agent: HostileAgent) => call(agent, "SendStreamingMessage", {});

/** Reads so many bytes and hangs up. */
async function sip(response: Response, bytes: number): Promise<number> {
  let read = 0;
  for await (const chunk of response.body ?? []) {
    read += chunk.length;
    if (read >= bytes) break;
  }
  return read;
}

describe("the hostile agent", () => {
  test.each(["1.0", "0.3"] as const)("shows a card of %s that gives nothing away", async (protocol) => {
    const agent = await start({ protocol, trick: "eventFlood", events: 3 });
    const client = await connect(agent);
    let words = "";
    for await (const { payload } of client.sendMessageStream(say("hi"))) {
      if (payload?.$case === "artifactUpdate") words += payload.value.artifact?.parts.map(({ content }) => content?.value).join("") ?? "";
    }
    expect(words).toBe("...");
    expect(agent.calls[0]).toBe("card");
  });

  test.each(["endlessStream", "endlessComments", "endlessEvent", "endlessAnswer"] as const)(
    "%s goes on until the caller hangs up, and then stops",
    async (trick) => {
      const agent = await start({ trick });
      expect(await sip(await send(agent), 2_000_000)).toBeGreaterThanOrEqual(2_000_000);
      await until(() => agent.open === 0);
      expect(agent.written).toBeGreaterThanOrEqual(2_000_000);
    },
  );

  test.each(["hugeStream", "hugeEvent", "hugeAnswer", "bomb"] as const)(
    "%s is as big as it was told, and still well formed",
    async (trick) => {
      const agent = await start({ trick });
      const response = await send(agent);
      const found = trick.endsWith("Answer") || trick === "bomb" ? [await response.json()] : await all(response);
      expect(JSON.stringify(found).length).toBeGreaterThan(1_000_000);
      expect(JSON.stringify(found[0])).toContain("evil-task");
      expect(trick === "bomb" ? agent.written < 50_000 : agent.written > 1_000_000).toBe(true);
    },
  );

  test("floods with as many events as it was told, between a task and its end", async () => {
    const found = await all(send(await start({ trick: "eventFlood" })));
    expect(found).toHaveLength(502);
  });

  test.each(["deepAnswer", "deepEvent"] as const)("%s is JSON as deep as it was told", async (trick) => {
    const text = await (await send(await start({ trick }))).text();
    expect(text).toContain("[".repeat(5_000));
    expect(JSON.parse(text.replace(/^data: /, ""))).toMatchObject({ jsonrpc: "2.0" });
  });

  test("answers with pages, rubbish and other types", async () => {
    const agent = await start();
    await expect(json(send(agent))).rejects.toThrow(/not valid JSON/);
    agent.play("wrongType");
    expect((await send(agent)).headers.get("content-type")).toBe("text/html");
    agent.play("garbageStream");
    expect((await (await send(agent)).text()).split("\n\n").length).toBeGreaterThan(4);
  });

  test.each(["silent", "drip"] as const)("%s keeps its caller waiting", async (trick) => {
    const agent = await start({ trick });
    const end = new AbortController();
    const waiting = fetch(agent.endpoint, {
      method: "POST",
      body: JSON.stringify({ method: "SendMessage", id: 1 }),
      signal: end.signal,
    }).then((response) => response.text());
    await until(() => agent.open === 1);
    end.abort();
    await expect(waiting).rejects.toThrow();
    await until(() => agent.open === 0);
  });

  test("sends its callers elsewhere and sees who goes", async () => {
    const agent = await start({ trick: "redirect", cardTrick: "redirect" });
    expect((await fetch(agent.cardUrl, { redirect: "manual" })).status).toBe(307);
    expect(agent.calls).toEqual(["card"]);
    await json(send(agent));
    expect(agent.calls).toEqual(["card", "SendStreamingMessage", "trap"]);
    agent.playCard("elsewhere");
    expect(JSON.stringify(await json(fetch(agent.cardUrl)))).toContain(`${agent.url}/trap`);
    const inside = await start({ cardTrick: "elsewhere", elsewhere: "http://169.254.169.254/latest" });
    expect(await json(fetch(inside.cardUrl))).toMatchObject({ supportedInterfaces: [{ url: "http://169.254.169.254/latest" }] });
  });

  test("has cards that are too big, too deep, endless or none", async () => {
    const agent = await start({ cardTrick: "huge" });
    expect((await json(fetch(agent.cardUrl))).description).toHaveLength(1_000_000);
    agent.playCard("deep");
    expect(await (await fetch(agent.cardUrl)).text()).toContain("[".repeat(5_000));
    agent.playCard("endless");
    await sip(await fetch(agent.cardUrl), 1_000_000);
    agent.playCard("garbage");
    await expect(json(fetch(agent.cardUrl))).rejects.toThrow(/not valid JSON/);
    agent.playCard(undefined);
    expect((await json(fetch(agent.cardUrl))).name).toBe("Mallory");
    await until(() => agent.open === 0);
  });

  test("knows of no task, so that nobody polls it for ever", async () => {
    const agent = await start({ trick: "endlessStream" });
    expect((await json(call(agent, "GetTask", { id: "evil-task" }))).error.code).toBe(-32001);
  });
});
