import { describe, expect, test } from "@jest/globals";
import { createCall } from "../../../src/agents/call.ts";
import { fakeClock } from "./fakes.ts";

const url = "http://agent.example/";

/** A call whose answer comes in these pieces; without an end where `open` is said. */
function callTo(pieces: readonly Uint8Array[], { open = false, headers = {} } = {}) {
  const clock = fakeClock();
  const left = [...pieces];
  let signal: AbortSignal | null | undefined;
  const call = createCall({
    clock,
    limits: { silenceMs: 1_000, maxAnswerBytes: 1_000 },
    signal: new AbortController().signal,
    fetch: async (_input, init) => {
      signal = init?.signal;
      return new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason)),
          async pull(controller) {
            const piece = left.shift();
            if (piece) controller.enqueue(piece);
            else if (!open) controller.close();
          },
        }),
        { headers },
      );
    },
  });
  return { call, clock, wasEnded: () => signal?.aborted };
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("an answer", () => {
  test("is one text, wherever it was cut on its way", async () => {
    const whole = bytes('\ufeff{"word":"größer"}');
    const { call } = callTo([whole.slice(0, 14), whole.slice(14)]);

    expect(await (await call.fetch(url)).json()).toEqual({ word: "größer" });
  });

  test("that was read to its end is not ended once more", async () => {
    const { call, wasEnded } = callTo([bytes("all")]);
    expect(await (await call.fetch(url)).text()).toBe("all");
    call.close();

    expect(wasEnded()).toBe(false);
    expect(call.facts.ended).toBe("closed");
  });

  test("that was not read to its end is ended with the call", async () => {
    const { call, wasEnded } = callTo([bytes("some")], { open: true });
    const reader = (await call.fetch(url)).body?.getReader();
    await reader?.read();
    call.close();

    expect(wasEnded()).toBe(true);
  });

  test("is read as a stream by whoever wants that", async () => {
    const { call } = callTo([bytes("a"), bytes("b")]);
    const { body } = await call.fetch(url);

    expect(await new Response(body).text()).toBe("ab");
  });

  test("that says nothing for too long is given up", async () => {
    const { call, clock } = callTo([bytes("some")], { open: true });
    const read = (await call.fetch(url)).text();
    await new Promise(setImmediate);
    clock.advance(1_000);

    await expect(read).rejects.toThrow("silent");
    expect(call.facts.ended).toBe("silent");
  });

  test("that is too long is given up", async () => {
    const { call } = callTo([new Uint8Array(600), new Uint8Array(600)]);

    await expect((await call.fetch(url)).text()).rejects.toThrow("too long");
    expect(call.facts.ended).toBe("tooLong");
  });
});

describe("an answer that says how short it is", () => {
  const short = (length: number) => ({ headers: { "content-length": String(length) } });

  test("is read in one go", async () => {
    const { call, wasEnded } = callTo([bytes("a"), bytes("b")], short(2));
    expect(await (await call.fetch(url)).text()).toBe("ab");
    call.close();

    expect(wasEnded()).toBe(false);
  });

  test("is a stream for whoever wants one", async () => {
    const { call } = callTo([bytes("a"), bytes("b")], short(2));
    const { body } = await call.fetch(url);

    expect(await new Response(body).text()).toBe("ab");
  });

  test("is given up when it does not come", async () => {
    const { call, clock } = callTo([bytes("a")], { open: true, ...short(2) });
    const read = (await call.fetch(url)).text();
    await new Promise(setImmediate);
    clock.advance(1_000);

    await expect(read).rejects.toThrow("silent");
    expect(call.facts.ended).toBe("silent");
  });

  test("is given up when that is too long", async () => {
    const { call } = callTo([new Uint8Array(1_200)], short(1_200));

    await expect((await call.fetch(url)).text()).rejects.toThrow("too long");
    expect(call.facts.ended).toBe("tooLong");
  });
});

test("nothing goes out after a call was closed", async () => {
  const { call } = callTo([bytes("all")]);
  call.close();

  await expect(call.fetch(url)).rejects.toThrow("closed");
  expect(call.facts.started).toBe(false);
});
