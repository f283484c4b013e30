import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type PeerProcess, peersInstalled, startPeer } from "../support/peers/process.ts";
import { createStage } from "../support/stage.ts";
import { createChat } from "../support/systems/chat.ts";

/** They are installed apart (`npm ci --prefix test/peers`); `npm test` says when they are left out. */
const withPeers = peersInstalled || process.env.REQUIRE_PEERS === "1" ? describe : describe.skip;
const stage = createStage();

/** A thread that talks to the peer. */
async function setUp(peer: PeerProcess, policy: Readonly<Record<string, unknown>>) {
  const { slack } = await stage.world({ config: { agents: { peer: { url: peer.url, ...policy } } } });
  return createChat(slack);
}

const adk = { file: "adk", name: "@google/adk", blocking: /Agent run failed: boom/, stream: /Agent run failed: boom/ };
/** VoltAgent answers a call that fails with an error that says no more than that; its stream says why. */
const voltagent = { file: "voltagent", name: "@voltagent/a2a-server", blocking: /internal error/, stream: /could not finish[\s\S]*boom/ };
const ways = [
  { ...adk, wire: "JSON-RPC", policy: { dialect: "a2a-0.3-jsonrpc" } },
  { ...adk, wire: "HTTP+JSON", policy: { dialect: "a2a-0.3-rest" } },
  { ...voltagent, wire: "JSON-RPC", policy: {} },
].flatMap((peer) => (["blocking", "stream"] as const).map((delivery) => ({ ...peer, delivery, failure: peer[delivery] })));

withPeers.each(ways)("$name over $wire, by $delivery", ({ file, delivery, failure, ...peerPolicy }) => {
  const policy = { delivery: [delivery], ...peerPolicy.policy };
  let peer: PeerProcess;
  beforeAll(async () => {
    peer = await startPeer(file);
  });
  afterAll(() => peer?.stop());

  test("answers two turns of one conversation, and knows the first in the second", async () => {
    const chat = await setUp(peer, policy);

    expect(await chat.ask("hello")).toBe("turn 1: hello");
    expect(await chat.ask("and now?")).toBe("turn 2: and now?");
    expect(chat.replies()).toHaveLength(2);
  });

  test("keeps two threads apart", async () => {
    const { slack } = await stage.world({ config: { agents: { peer: { url: peer.url, ...policy } } } });
    const [one, other] = [createChat(slack), createChat(slack)];

    expect(await one.ask("hello")).toBe("turn 1: hello");
    expect(await other.ask("good day")).toBe("turn 1: good day");
    expect(await one.ask("and now?")).toBe("turn 2: and now?");
  });

  test("takes a message into a task that has ended as the conversation's next turn", async () => {
    const chat = await setUp(peer, { ...policy, taskId: "always" });

    expect(await chat.ask("hello")).toBe("turn 1: hello");
    expect(await chat.ask("and now?")).toBe("turn 2: and now?");
  });

  test("fails, the thread reads so, and the next message is answered", async () => {
    const chat = await setUp(peer, policy);

    expect(await chat.ask("fail")).toMatch(failure);
    expect(await chat.ask("still there?")).toContain(": still there?");
  });
});
