import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { checkGateway } from "../../../adapters/discord/reach.ts";
import type { Rest } from "../../../adapters/discord/rest.ts";
import { DeliveryError } from "../../../src/model/errors.ts";

const signal = new AbortController().signal;
const answering = (answer: unknown): Rest => ({
  stop: () => undefined,
  call: async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  },
});

async function listen() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return { port: address.port, close: () => new Promise((resolve) => server.close(resolve)) };
}

test("a gateway that can be reached is told from one that cannot, and from one that nobody names", async () => {
  const { port, close } = await listen();
  const url = `ws://127.0.0.1:${port}/`;
  expect(await checkGateway(answering({ url }), signal)).toMatchObject({ what: "gateway", state: "good" });
  await close();
  const gone = await checkGateway(answering({ url }), signal);
  expect(gone.state).toBe("bad");
  expect(gone.says).toContain(`port ${port}, directly`);
  const silent = new DeliveryError("unavailable", "discord does not answer");
  expect((await checkGateway(answering(silent), signal)).state).toBe("unknown");
  expect((await checkGateway(answering({ url: "nowhere" }), signal)).state).toBe("unknown");
});
