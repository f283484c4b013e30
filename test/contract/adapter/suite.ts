import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { DeliveryError, type DeliveryErrorKind } from "../../../src/model/errors.ts";
import type { IncomingEvent } from "../../../src/model/message.ts";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { answering } from "./questions.ts";
import type { AdapterWorld } from "./world.ts";

const signal = new AbortController().signal;

/** What every adapter keeps. Run once for each platform. */
export function adapterContract(platform: string, createWorld: () => Promise<AdapterWorld>): void {
  describe(`the ${platform} adapter`, () => {
    let world: AdapterWorld;
    beforeEach(async () => {
      world = await createWorld();
    });
    afterEach(() => world.stop());

    /** A thread in which the bot was mentioned. */
    const begin = async (): Promise<ThreadRef> => {
      await world.mention("hello bot");
      return (await until(() => world.received[0])).thread;
    };
    const post = (thread: ThreadRef, text: string, id: string) => world.adapter.post(thread, textReply(text, "answer"), id, signal);

    receiving(() => world, begin);
    describe("sending", () => {
      test("a reply stands in the thread that was asked in, and nowhere else", async () => {
        const thread = await begin();
        const posted = await post(thread, "**hello** person", "d1");
        expect(world.seen(thread)).toMatchObject([{ message: posted.message, text: "**hello** person" }]);
        expect(world.countAll()).toBe(1);
      });

      test("an edit takes the place of the message, however often it is made", async () => {
        const thread = await begin();
        const posted = await post(thread, "first", "d1");
        for (let i = 0; i < 2; i++) await world.adapter.edit(posted, textReply("second", "answer"), "d2", signal);
        expect(world.seen(thread)).toMatchObject([{ message: posted.message, text: "second" }]);
      });

      test("an address that is incomplete, or somebody else's, is not posted to", async () => {
        const thread = await begin();
        for (const broken of world.brokenAddresses(thread)) {
          expect(await kindOf(post(broken, "secret", "d1"))).toBe("threadGone");
        }
        expect(world.countAll()).toBe(0);
      });

      test("a rate limit says how long to wait, and nothing was posted", async () => {
        const thread = await begin();
        world.failNextPost("rateLimited");
        const error = await failure(post(thread, "hello", "d1"));
        expect(error.kind).toBe("rateLimited");
        expect(error.retryAfterMs).toBeGreaterThan(0);
        expect(world.countAll()).toBe(0);
      });

      test("a channel that is gone is told from a message that is refused", async () => {
        const thread = await begin();
        world.failNextPost("channelGone");
        expect(await kindOf(post(thread, "hello", "d1"))).toBe("threadGone");
        world.failNextPost("refused");
        expect(await kindOf(post(thread, "hello", "d1"))).toBe("refused");
      });

      test("a post whose answer was lost is ambiguous, and is found by its delivery id", async () => {
        const thread = await begin();
        await post(thread, "an earlier one", "d0");
        world.failNextPost("lost");
        expect(await kindOf(post(thread, "did it arrive?", "d1"))).toBe("ambiguous");
        if (world.adapter.capabilities.posting !== "lookup") return;
        const found = await world.adapter.find?.(thread, "d1", signal);
        expect(world.seen(thread)).toMatchObject([{ text: "an earlier one" }, { message: found?.message, text: "did it arrive?" }]);
        expect(await world.adapter.find?.(thread, "d2", signal)).toBeUndefined();
      });

      test("an agent calls nobody", async () => {
        const thread = await begin();
        const posted = await post(thread, world.callsToPeople, "d1");
        await world.adapter.edit(posted, textReply(`again ${world.callsToPeople}`, "answer"), "d1", signal);
        expect(world.seen(thread).flatMap(({ calls }) => calls)).toEqual([]);
      });

      test("a private reply is shown to one person only", async () => {
        const thread = await begin();
        const { author } = await until(() => world.received[0]);
        await world.adapter.post(thread, textReply("between us", "notice", { private: author.id }), "d1", signal);
        expect(world.whispers()).toEqual(["between us"]);
        expect(world.countAll()).toBe(0);
      });

      test("a call that was called off before it began posts nothing", async () => {
        const thread = await begin();
        expect(await kindOf(world.adapter.post(thread, textReply("late", "answer"), "d1", AbortSignal.abort()))).toBe("unavailable");
        expect(world.countAll()).toBe(0);
      });
    });

    splitting(() => world, begin);
    answering(() => world, begin);

    test("the stop waits for what is being received", async () => {
      const order: string[] = [];
      let commit = () => {};
      world.onReceive(async () => {
        await new Promise<void>((resolve) => {
          commit = resolve;
        });
        order.push("committed");
        return { kind: "accepted" };
      });
      const sent = world.direct("hello");
      await until(() => world.received[0]);
      const stopped = world.adapter.stop().then(() => order.push("stopped"));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(order).toEqual([]);
      commit();
      await stopped;
      expect(order).toEqual(["committed", "stopped"]);
      expect(await sent).toMatchObject({ acknowledged: true });
    });

    test("after the stop nothing is received", async () => {
      await begin();
      await world.adapter.stop();
      await world.adapter.stop();
      expect(await world.mention("anybody there?")).toMatchObject({ acknowledged: false });
    });
  });
}

function receiving(world: () => AdapterWorld, begin: () => Promise<ThreadRef>): void {
  const ids = () => new Set(world().received.map(({ id }) => id));

  describe("receiving", () => {
    test.each(["repeated", "reordered"] as const)("one post is one event, when its deliveries are %s", async (disturb) => {
      await world().mention("hello bot", disturb);
      expect(world().received.length).toBeGreaterThan(0);
      expect(ids().size).toBe(1);
      expect(world().received[0]).toMatchObject({ kind: "message", trigger: "mention", text: "hello bot" });
      expect(world().received.every((event) => same(event, world().received[0]))).toBe(true);
    });

    test("an event that was not committed is not acknowledged, and comes again", async () => {
      world().onReceive(async () => {
        throw new Error("the store is down");
      });
      expect(await world().mention("hello bot")).toMatchObject({ acknowledged: false });
      world().onReceive(async () => ({ kind: "accepted" }));
      expect(await world().redeliver()).toMatchObject({ acknowledged: true });
      expect(ids().size).toBe(1);
    });

    test("an event is acknowledged only after the commit", async () => {
      const order: string[] = [];
      let commit = () => {};
      world().onReceive(async () => {
        await new Promise<void>((resolve) => {
          commit = resolve;
        });
        order.push("committed");
        return { kind: "accepted" };
      });
      const sent = world()
        .direct("hello")
        .then(() => order.push("acknowledged"));
      await until(() => world().received[0]);
      commit();
      await sent;
      expect(order).toEqual(["committed", "acknowledged"]);
    });

    test("a reply in the thread is a follow-up of the same thread", async () => {
      const thread = await begin();
      await world().followUp(thread, "and the printer?");
      const followUp = await until(() => world().received.find((event) => event.kind === "message" && event.trigger === "followUp"));
      expect({ ...followUp.thread, address: {} }).toEqual({ ...thread, address: {} });
    });

    test("a direct message is meant for the bot", async () => {
      await world().direct("hello");
      expect(world().received).toMatchObject([{ kind: "message", trigger: "direct", text: "hello" }]);
    });

    test("what people, bots and the bot itself say besides is not ours", async () => {
      await world().chatter();
      expect(world().received).toEqual([]);
    });

    test("a refusal is shown to its author only", async () => {
      world().onReceive(async () => ({ kind: "refused", notice: "not for you" }));
      await world().mention("hello bot");
      await until(() => world().whispers().length > 0);
      expect(new Set(world().whispers())).toEqual(new Set(["not for you"]));
      expect(world().countAll()).toBe(0);
    });

    test("the person behind an event is looked up with what the platform confirms", async () => {
      await begin();
      const [event] = world().received;
      const person = event && (await world().adapter.person(event, signal));
      expect(person).toMatchObject({ id: event?.author.id, standing: "member" });
    });
  });
}

function splitting(world: () => AdapterWorld, begin: () => Promise<ThreadRef>): void {
  describe("splitting", () => {
    const paragraphs = Array.from({ length: 400 }, (_, index) => `Paragraph ${index}: ${"lorem ipsum dolor 😀 ".repeat(5)}`.trim());
    const long = `${paragraphs.join("\n\n")}\n\n\`\`\`js\n${"const x = 1;\n".repeat(50)}\`\`\``;
    const text = (parts: readonly { readonly kind: string; readonly text?: string }[]) => parts.map((part) => part.text ?? "").join("");

    test("loses nothing, and gives the same pieces each time", async () => {
      const reply = textReply(long, "answer", { notify: true });
      const pieces = world().adapter.split(reply);
      expect(world().adapter.split(reply)).toEqual(pieces);
      expect(pieces.length).toBeGreaterThan(1);
      const whole = pieces.flatMap(({ parts }) => parts).find((part) => part.kind === "file" && part.mediaType === "text/markdown");
      const said =
        whole?.kind === "file" ? Buffer.from(whole.bytes ?? "", "base64").toString() : pieces.map(({ parts }) => text(parts)).join("");
      expect(said.replace(/\s/g, "")).toBe(long.replace(/\s/g, ""));
      for (const piece of pieces) expect(text(piece.parts).length).toBeLessThanOrEqual(world().postLimit);
    });

    test("gives pieces that the platform takes", async () => {
      const thread = await begin();
      const pieces = world().adapter.split(textReply(long.slice(0, 30_000), "answer"));
      for (const [index, piece] of pieces.entries()) await world().adapter.post(thread, piece, `d${index}`, signal);
      expect(world().seen(thread)).toHaveLength(pieces.length);
    });
  });
}

function same(event: IncomingEvent, other: IncomingEvent | undefined): boolean {
  return JSON.stringify(event) === JSON.stringify(other);
}

async function failure(promise: Promise<unknown>): Promise<DeliveryError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error("this should have been a DeliveryError", { cause: error });
  return error;
}

async function kindOf(promise: Promise<unknown>): Promise<DeliveryErrorKind> {
  return (await failure(promise)).kind;
}
