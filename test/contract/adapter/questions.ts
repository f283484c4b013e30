import { describe, expect, test } from "@jest/globals";
import type { IncomingEvent } from "../../../src/model/message.ts";
import type { Reply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import type { AdapterWorld } from "./world.ts";

const signal = new AbortController().signal;

/** A part of the suite: questions that are answered by a click. */
export function answering(world: () => AdapterWorld, begin: () => Promise<ThreadRef>): void {
  const ask = async (labels: readonly string[], text = "Shall I?") => {
    const thread = await begin();
    const choices = labels.map((label, index) => ({ id: String(index), label }));
    const pieces = world().adapter.split({ parts: [{ kind: "text", text }], choices, tone: "question", notify: true });
    const posted = [];
    for (const [index, piece] of pieces.entries()) posted.push(await world().adapter.post(thread, piece, `q${index}`, signal));
    return { thread, message: posted.at(-1)?.message ?? "", posted: posted.at(-1), delivery: `q${posted.length - 1}` };
  };
  const actions = () => world().received.filter((event): event is Extract<IncomingEvent, { kind: "action" }> => event.kind === "action");

  describe("questions", () => {
    test("have a button for each choice, under their last piece", async () => {
      const { thread, message } = await ask(["Yes", "No"], "word ".repeat(world().postLimit / 4));
      const seen = world().seen(thread);
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.filter(({ buttons }) => buttons.length > 0)).toMatchObject([{ message, buttons: ["Yes", "No"] }]);
    });

    test("may have ten choices with long words that call nobody", async () => {
      const labels = Array.from({ length: 10 }, (_, index) => `${index} ${world().callsToPeople}`.slice(0, 20).padEnd(75, "x"));
      const { thread } = await ask(labels);
      expect(world().seen(thread)).toMatchObject([{ calls: [], buttons: { length: 10 } }]);
    });

    test("are answered by a click, which names delivery and choice and whoever clicked, in the same thread", async () => {
      const { thread, message, delivery } = await ask(["Yes", "No"]);
      const asker = (await until(() => world().received[0])).author;
      expect(await world().press(thread, message, "No")).toMatchObject({ acknowledged: true });
      const [action] = actions();
      expect(action).toMatchObject({ question: delivery, choice: "1" });
      expect({ ...action?.thread, address: {} }).toEqual({ ...thread, address: {} });
      expect(action?.author.id).not.toBe(asker.id);
      expect(await world().adapter.person(action ?? fail(), signal)).toMatchObject({ id: action?.author.id, standing: "member" });
    });

    test("two clicks are two events, whoever makes them", async () => {
      const { thread, message } = await ask(["Yes", "No"]);
      for (const label of ["Yes", "Yes"]) await world().press(thread, message, label);
      expect(new Set(actions().map(({ id }) => id)).size).toBe(2);
    });

    test("a click that was not committed is not acknowledged", async () => {
      const { thread, message } = await ask(["Yes"]);
      world().onReceive(async () => {
        throw new Error("the store is down");
      });
      expect(await world().press(thread, message, "Yes")).toMatchObject({ acknowledged: false });
    });

    test("why a click is refused is shown to whoever clicked only", async () => {
      const { thread, message } = await ask(["Yes"]);
      world().onReceive(async () => ({ kind: "refused", notice: "not for you" }));
      const before = world().countAll();
      expect(await world().press(thread, message, "Yes")).toMatchObject({ acknowledged: true });
      await until(() => world().whispers().includes("not for you"));
      expect(world().countAll()).toBe(before);
    });

    test("lose their buttons by an edit without choices", async () => {
      const { thread, posted } = await ask(["Yes", "No"]);
      const answered: Reply = { parts: [{ kind: "text", text: "Shall I?\n\n**Yes**, chosen by Ben" }], tone: "question", notify: false };
      await world().adapter.edit(posted ?? fail(), answered, "q0!answered", signal);
      expect(world().seen(thread)).toMatchObject([{ text: expect.stringContaining("chosen by Ben"), buttons: [] }]);
    });
  });
}

const fail = (): never => {
  throw new Error("this should have worked");
};
