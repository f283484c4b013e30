import { expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { onEveryEngine, onPostgres } from "./engines.ts";

const leaseMs = 300;

await onEveryEngine("rights of processes", (place) => {
  test("one at a time has a right, and another has it once it is given back", async () => {
    const { leases } = await place().open({ leaseMs });
    const lease = await leases.take("gateway");
    expect(await leases.take("gateway")).toBeUndefined();
    expect(await leases.take("something else")).toBeDefined();
    await lease?.release();
    expect(lease?.signal.aborted).toBe(true);
    const next = await leases.take("gateway");
    expect(next?.signal.aborted).toBe(false);
    // Giving back what one has not any more takes it from nobody.
    await lease?.release();
    expect(await leases.take("gateway")).toBeUndefined();
  });

  test("a right lasts as long as its process does, and no longer than its ledger is open", async () => {
    const opened = await place().open({ leaseMs });
    const lease = await opened.leases.take("gateway");
    await new Promise((resolve) => setTimeout(resolve, 3 * leaseMs));
    expect(lease?.signal.aborted).toBe(false);
    expect(await opened.leases.take("gateway")).toBeUndefined();
    await opened.ledger.close();
    expect(lease?.signal.aborted).toBe(true);
  });
});

await onPostgres("rights of processes, between two of them", (place) => {
  test("the right of a process that fell silent goes over, and the process knows that it has lost it before another has it", async () => {
    const first = await place().open({ leaseMs });
    const second = await place().openSecond(first, { leaseMs });
    const lost = await first.leases.take("gateway");
    expect(await second.leases.take("gateway")).toBeUndefined();
    // As if it could not renew for longer than its lease.
    await place().query("update lease set owner = 'nobody', expires_at = 0");
    const taken = await until(() => second.leases.take("gateway"));
    expect(taken.signal.aborted).toBe(false);
    await until(() => lost?.signal.aborted);
    await lost?.release();
    expect(await first.leases.take("gateway")).toBeUndefined();
  });

  test("a process that cannot reach the store gives its right up before it runs out", async () => {
    const first = await place().open({ leaseMs: 1_500 });
    const lease = await first.leases.take("gateway");
    await place().query("alter table lease rename to lease_away");
    const before = performance.now();
    await until(() => lease?.signal.aborted);
    expect(performance.now() - before).toBeLessThan(20_000);
    const [row] = await place().query(
      "select expires_at > (extract(epoch from clock_timestamp()) * 1000)::bigint - 10000 as near from lease_away",
    );
    expect(row).toEqual({ near: true });
    await place().query("alter table lease_away rename to lease");
  });
});
