import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { createStage } from "../support/stage.ts";
import { timeOf, until } from "../support/until.ts";

const stage = createStage();
const helper = (url: string) => ({ config: { agents: { helper: { url } } } });

test("a stop hands a running stream over within five seconds, and the next start brings the answer once", async () => {
  const agent = await stage.agent({ script: () => [working("thinking"), wait(1_500), output("a", "The answer."), complete()] });
  const world = await stage.world(helper(agent.url));
  const { ts } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
  await until(() => agent.received.length === 1);

  expect(await timeOf(world.stopBridge())).toBeLessThan(5_000);
  await world.startBridge();

  const answers = () => world.slack.thread("C1", ts).replies.filter(({ text, streaming }) => !streaming && text.includes("The answer."));
  await until(() => answers().length > 0);
  expect(agent.received).toHaveLength(1);
  expect(answers()).toHaveLength(1);
});

test("a request that is under way when the stop begins is committed and acknowledged, and worked on after the next start", async () => {
  const agent = await stage.agent({ script: () => [complete("Late, but here.")] });
  const committing = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const world = await stage.world({
    ...helper(agent.url),
    async failpoint(name) {
      if (name !== "receive.commit.before") return;
      committing.resolve();
      await gate.promise;
    },
  });
  const said = world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
  await committing.promise;
  const stopped = world.stopBridge();
  gate.resolve();
  await stopped;
  const { ts } = await said;
  expect(agent.received).toHaveLength(0);

  await world.startBridge();
  await until(() => world.slack.thread("C1", ts).replies.some(({ text }) => text === "Late, but here."));
  expect(agent.received).toHaveLength(1);
});

test("a sender that never ends its request does not hold up the stop", async () => {
  const agent = await stage.agent();
  const world = await stage.world(helper(agent.url));
  const { port } = new URL(world.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("POST /slack/events HTTP/1.1\r\nhost: x\r\nx-slack-signature: v0=0\r\ncontent-length: 100\r\n\r\n{");
  stage.owns(async () => socket.destroy());
  await until(() => socket.bytesWritten > 0 && !socket.connecting);

  expect(await timeOf(world.stopBridge())).toBeLessThan(5_000);
});
