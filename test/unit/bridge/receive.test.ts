import { afterEach, expect, test } from "@jest/globals";
import { createReceive } from "../../../src/bridge/receive.ts";
import type { IncomingEvent } from "../../../src/model/message.ts";
import { threadKey } from "../../../src/model/thread.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

let bench: TaskBench;
afterEach(() => bench.close());

const thread = { platform: "fake", workspace: "W", channel: "C", thread: "said", address: {} };
const message = (at: number, trigger: "mention" | "followUp"): IncomingEvent => ({
  kind: "message", id: `m${at}`, thread, author: { id: "UANN", workspace: "W" }, at, text: `words ${at}`, attachments: [], trigger,
}); // biome-ignore format: one event

test("a follow-up that comes in while its mention is committed is heard", async () => {
  bench = await createTaskBench({ agent: createFakeAgent() });
  const { ledger } = bench.parts;
  const looked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let looks = 0;
  const receive = createReceive({
    ...bench.parts,
    ledger: {
      ...ledger,
      async open(queue, lane) {
        const rows = await ledger.open(queue, lane);
        if (++looks > 1) return rows;
        looked.resolve();
        await gate.promise;
        return rows;
      },
    },
  });
  const followUp = receive(message(2, "followUp"));
  await looked.promise;
  expect(await receive(message(1, "mention"))).toEqual({ kind: "accepted" });
  gate.resolve();
  expect(await followUp).toEqual({ kind: "accepted" });
  expect((await ledger.open("message", threadKey(thread))).map(({ id }) => id)).toEqual(["event:m1", "event:m2"]);
});
