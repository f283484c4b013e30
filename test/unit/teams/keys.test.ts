import { describe, expect, test } from "@jest/globals";
import { createSigningKeys } from "../../../adapters/teams/keys.ts";
import { createKeys } from "../../../src/simulator/teams/keys.ts";
import { createManualClock, type ManualClock } from "../slack/manual-clock.ts";

const url = "https://login.test/openid";

/** A key server in memory. */
async function createServer(clock: ManualClock) {
  const { published } = await createKeys(clock);
  const state = { keys: published.keys, down: 0, calls: 0 };
  const fetchKeys: typeof fetch = async (input) => {
    state.calls += 1;
    if (state.down > 0) {
      state.down -= 1;
      throw new TypeError("fetch failed");
    }
    return Response.json(String(input) === url ? { jwks_uri: "https://login.test/keys" } : { keys: state.keys });
  };
  return { state, keys: createSigningKeys({ url, fetch: fetchKeys, clock, signal: new AbortController().signal }) };
}

/** The outcome, with time passing as it is waited for. */
async function waited<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  for (let turn = 0; turn < 60; turn++) await clock.advance(100);
  return promise;
}

describe("the keys of the service's tokens", () => {
  test("are fetched once a day", async () => {
    const clock = createManualClock();
    const { keys, state } = await createServer(clock);
    for (let i = 0; i < 3; i++)
      expect(await keys.getKey("simulated-1")).toMatchObject({
        key: expect.stringContaining("BEGIN PUBLIC KEY"),
        endorsements: ["msteams"],
      });
    expect(state.calls).toBe(2);
    await clock.advance(86_400_001);
    await keys.getKey("simulated-1");
    expect(state.calls).toBe(4);
  });

  test("that nobody knows are looked for, though not each time", async () => {
    const clock = createManualClock();
    const { keys, state } = await createServer(clock);
    for (let i = 0; i < 5; i++) expect(await keys.getKey(`made-up-${i}`)).toBeNull();
    expect(state.calls).toBe(2);
    state.keys = (await createKeys(clock)).published.keys.map((key) => ({ ...key, kid: "new" }));
    await clock.advance(300_001);
    expect(await keys.getKey("new")).not.toBeNull();
  });

  test("are tried for again before an activity is sent away", async () => {
    const clock = createManualClock();
    const { keys, state } = await createServer(clock);
    state.down = 3;
    expect(await waited(clock, keys.getKey("simulated-1"))).not.toBeNull();
  });

  test("cannot be had while the server is down, which says nothing about the token", async () => {
    const clock = createManualClock();
    const { keys, state } = await createServer(clock);
    state.down = 99;
    await expect(waited(clock, keys.getKey("simulated-1"))).rejects.toMatchObject({ kind: "unavailable" });
  });

  test("stay good while the server is down", async () => {
    const clock = createManualClock();
    const { keys, state } = await createServer(clock);
    await keys.getKey("simulated-1");
    state.down = 99;
    await clock.advance(86_400_001);
    expect(await waited(clock, keys.getKey("simulated-1"))).not.toBeNull();
  });
});
