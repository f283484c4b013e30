import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { complete, output } from "../../src/simulator/agents/steps.ts";
import { createStage } from "../support/stage.ts";
import { createChat } from "../support/systems/chat.ts";

const stage = createStage();

test("a message that was still on its way when it was searched for is found by a later search", async () => {
  const agent = await stage.agent({
    script: async function* (turn) {
      yield output("a", `You said ${turn.text}`);
      yield complete();
    },
  });
  const front = await createSlowFront(agent.port);
  stage.owns(front.stop);
  const { slack } = await stage.world({
    config: {
      // Nobody listens there: no push ever arrives.
      publicUrl: "http://127.0.0.1:1",
      agents: { helper: { url: `http://127.0.0.1:${front.port}`, limits: { pollSeconds: 0.1, answerMinutes: 1 } } },
    },
  });
  const chat = createChat(slack);
  expect(await chat.ask("one")).toBe("You said one");

  front.delayNext();
  expect(await chat.ask("two")).toBe("You said two");
  expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
});

/** Passes everything on to a port of this machine. The message that it is to delay arrives there later, and its caller loses the connection at once. */
async function createSlowFront(target: number) {
  let delays = false;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const held = delays && /"Send\w*Message"/.test(body.toString());
    if (held) {
      delays = false;
      response.destroy();
      await pause(400);
    }
    const { host: _host, connection: _connection, "content-length": _length, "transfer-encoding": _coding, ...headers } = request.headers;
    const answer = await fetch(`http://127.0.0.1:${target}${request.url}`, {
      method: request.method ?? "GET",
      headers: Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
      ...(request.method === "POST" ? { body } : {}),
    });
    const text = (await answer.text()).replaceAll(`127.0.0.1:${target}`, `127.0.0.1:${port}`);
    if (!held) response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  return {
    port,
    delayNext() {
      delays = true;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
