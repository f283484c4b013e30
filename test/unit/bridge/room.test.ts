import { afterAll, describe, expect, test } from "@jest/globals";
import { createRoom, type Share } from "../../../src/bridge/room.ts";
import { systemClock } from "../../../src/model/clock.ts";

/** Ends the waits that a test leaves behind. */
const over = new AbortController();
const never = over.signal;
afterAll(() => over.abort());
const long = 60_000;

/** What `take` has come to by now. */
async function stateOf(taking: Promise<boolean>): Promise<boolean | "waits"> {
  return Promise.race([taking, new Promise<"waits">((resolve) => setImmediate(resolve, "waits"))]);
}

function setUp(maxBytes = 100) {
  const room = createRoom(maxBytes, systemClock);
  const ask = (bytes: number, patienceMs = long, signal = never) => {
    const share = room.open();
    return { share, taking: share.take(bytes, patienceMs, signal) };
  };
  return { room, ask };
}

test("many at once never hold more than the room, and each has its turn", async () => {
  const { room } = setUp(1_000);
  const sizes = Array.from({ length: 200 }, (_, index) => ((index * 37) % 400) + 1);
  const order: number[] = [];
  let [held, most] = [0, 0];
  await Promise.all(
    sizes.map(async (size, index) => {
      const share = room.open();
      expect(await share.take(size, long, never)).toBe(true);
      order.push(index);
      held += size;
      most = Math.max(most, held);
      await new Promise((resolve) => setTimeout(resolve, index % 5));
      // What is fetched may be less than was said.
      const kept = Math.floor(size / 2);
      held -= size - kept;
      share.keep(kept);
      await new Promise((resolve) => setTimeout(resolve, index % 3));
      held -= kept;
      share.free();
    }),
  );
  expect(most).toBeLessThanOrEqual(1_000);
  expect(most).toBeGreaterThan(600);
  expect(order).toEqual(sizes.map((_, index) => index));
  expect(held).toBe(0);
});

describe("whoever waits", () => {
  test("is let in when others give back, in the order of the asking, also a small one behind a large one", async () => {
    const { ask } = setUp();
    const first = ask(70);
    const large = ask(60);
    const small = ask(10);
    expect([await stateOf(first.taking), await stateOf(large.taking), await stateOf(small.taking)]).toEqual([true, "waits", "waits"]);
    first.share.free();
    expect([await large.taking, await small.taking]).toEqual([true, true]);
  });

  test("leaves with the signal and makes way for the next", async () => {
    const { ask } = setUp();
    const leaving = new AbortController();
    ask(70);
    const large = ask(60, long, leaving.signal);
    const small = ask(30);
    expect(await stateOf(small.taking)).toBe("waits");
    leaving.abort();
    expect([await large.taking, await small.taking]).toEqual([false, true]);
    // It holds nothing that it could give back.
    large.share.free();
    expect(await stateOf(ask(1).taking)).toBe("waits");
  });

  test("leaves when it takes too long, and one whose signal has fired does not begin to wait", async () => {
    const { ask } = setUp();
    ask(70);
    expect(await ask(60, 20).taking).toBe(false);
    expect(await ask(1, long, AbortSignal.abort()).taking).toBe(false);
    expect(await ask(30).taking).toBe(true);
  });
});

describe("more than there is at all", () => {
  test("is let in while nobody else holds anything, and then others wait", async () => {
    const { ask } = setUp();
    const small = ask(1);
    const large = ask(500);
    expect(await stateOf(large.taking)).toBe("waits");
    small.share.free();
    expect(await large.taking).toBe(true);
    const next = ask(1);
    expect(await stateOf(next.taking)).toBe("waits");
    large.share.keep(50);
    expect(await next.taking).toBe(true);
  });

  test("is had by one that has something already, where it is alone", async () => {
    const { ask } = setUp();
    const one = ask(60);
    expect(one.share.more(500)).toBe(true);
    one.share.keep(60);
    const other = ask(30);
    expect([one.share.more(500), one.share.more(11), one.share.more(10)]).toEqual([false, false, true]);
    for (const { share } of [one, other]) share.free();
    expect(await stateOf(ask(100).taking)).toBe(true);
  });
});

test("what was given back is not given back twice", async () => {
  const { ask } = setUp();
  const first = ask(60);
  const second = ask(40);
  const free = ({ share }: { readonly share: Share }) => share.free();
  free(first);
  free(first);
  first.share.keep(10);
  expect(await stateOf(ask(61).taking)).toBe("waits");
  free(second);
});
