import { expect, test } from "@jest/globals";
import { StoreError } from "../../../src/model/errors.ts";
import { until } from "../../support/until.ts";
import { onEveryEngine, row, take } from "./engines.ts";

const done = { kind: "done" } as const;

await onEveryEngine("named values", (place) => {
  test("a value is there until it is deleted, in its own namespace", async () => {
    const { openStore } = await place().open();
    const people = openStore<{ name: string }>("people");
    const cards = openStore<{ name: string }>("cards");
    expect(await people.get("a")).toBeUndefined();
    await people.set("a", { name: "Ada" });
    await people.set("a", { name: "Ada L." });
    await cards.set("a", { name: "card" });
    expect(await people.get("a")).toEqual({ name: "Ada L." });
    expect(await openStore<{ name: string }>("people").get("a")).toEqual({ name: "Ada L." });
    await people.delete("a");
    await people.delete("a");
    expect(await people.get("a")).toBeUndefined();
    expect(await cards.get("a")).toEqual({ name: "card" });
  });

  test("null, false and zero are values", async () => {
    const { openStore } = await place().open();
    const store = openStore("plain");
    for (const value of [null, false, 0, ""]) {
      await store.set("a", value);
      expect(await store.get("a")).toBe(value);
    }
  });

  test("a value with a time to live is gone after it, and its row is purged", async () => {
    const { ledger, openStore } = await place().open();
    const store = openStore<string>("short");
    await store.set("a", "soon gone", 100);
    await store.set("b", "stays");
    expect(await store.get("a")).toBe("soon gone");
    await until(async () => (await store.get("a")) === undefined);
    await ledger.purge({ contentMs: 1e9, factsMs: 1e9 });
    expect(await place().query("select key from kv")).toMatchObject([{ key: "b" }]);
  });

  test("values written in a step are committed with it, and read within it", async () => {
    const { ledger, openStore } = await place().open();
    const store = openStore<string>("conversation");
    await ledger.accept([row("1")]);
    const leased = await take(ledger);
    let seen: string | undefined;
    await ledger.save(leased, { also: () => store.set("saved", "yes") });
    await ledger.settle(leased, {
      end: done,
      async also() {
        await store.set("thread", "context");
        seen = await store.get("thread");
      },
    });
    expect(seen).toBe("context");
    expect(await store.get("thread")).toBe("context");
    expect(await store.get("saved")).toBe("yes");
  });

  test("when the step fails its values are rolled back with its rows, and the caller's own error comes out", async () => {
    const { ledger, openStore } = await place().open();
    const store = openStore<string>("conversation");
    await store.set("thread", "before");
    await ledger.accept([row("1")]);
    const leased = await take(ledger);
    const failure = new Error("the caller's own");
    const step = {
      end: done,
      rows: [row("2")],
      async also() {
        await store.set("thread", "after");
        throw failure;
      },
    };
    await expect(ledger.settle(leased, step)).rejects.toBe(failure);
    expect(await store.get("thread")).toBe("before");
    expect(await ledger.row("2")).toBeUndefined();
    expect(await ledger.settle(leased, { end: done })).toBe("settled");
  });

  test("steps of one turn that share a commit fail and succeed each on their own", async () => {
    const { ledger, openStore } = await place().open();
    const store = openStore<string>("conversation");
    const names = ["a", "b", "c", "d"];
    await ledger.accept(names.map((name) => row(name, { lane: name })));
    const leased = [];
    for (const _ of names) leased.push(await take(ledger));
    const outcomes = await Promise.allSettled(
      leased.map((each) =>
        ledger.settle(each, {
          end: done,
          async also() {
            await store.set(each.id, each.id);
            if (each.id === "b") throw new Error("b fails");
          },
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(await Promise.all(names.map((name) => store.get(name)))).toEqual(["a", undefined, "c", "d"]);
    expect((await ledger.row("b"))?.state).toBe("leased");
  });

  test("a value written outside while a step is open neither waits for ever nor joins it", async () => {
    const { ledger, openStore } = await place().open();
    const store = openStore<string>("conversation");
    await ledger.accept([row("1")]);
    const leased = await take(ledger);
    const outside = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const settled = ledger.settle(leased, {
      end: done,
      async also() {
        begun.resolve();
        await outside.promise;
        throw new Error("rolled back");
      },
    });
    await begun.promise;
    const written = store.set("outside", "kept");
    const read = store.get("missing");
    outside.resolve();
    await expect(settled).rejects.toThrow("rolled back");
    await written;
    expect(await read).toBeUndefined();
    expect(await store.get("outside")).toBe("kept");
  });

  test("reads of the ledger within a step see it, and a write of the ledger there is an error instead of a standstill", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1")]);
    const leased = await take(ledger);
    let seen: string | undefined;
    await ledger.save(leased, {
      rows: [row("2")],
      async also() {
        seen = (await ledger.row("2"))?.id;
      },
    });
    expect(seen).toBe("2");
    const nested = ledger.settle(leased, { end: done, also: async () => void (await ledger.withdraw("2")) });
    await expect(nested).rejects.toThrow(StoreError);
  });
});
