import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { drain, onEveryEngine, type Place, row, take } from "./engines.ts";

const canary = "CANARYx7Qz";
const never = 1e12;

/** How often the canary stands in what the store keeps: the files themselves, or all columns of all tables. */
async function countCanaries(place: Place): Promise<number> {
  if (place.kind === "sqlite") {
    const directory = dirname(place.url.slice("sqlite:".length));
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), "latin1"));
    return files.reduce((sum, text) => sum + text.split(canary).length - 1, 0);
  }
  const tables = ["queue", "content", "mail", "row_key", "kv"].map((table) => `select row_to_json(t)::text as text from ${table} t`);
  const rows = await place.query(tables.join(" union all "));
  return rows.reduce((sum, { text }) => sum + String(text).split(canary).length - 1, 0);
}

await onEveryEngine("retention", (place) => {
  test("content goes after its time, and the row goes on being known", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: canary, keys: [{ key: "k" }] }), row("2", { content: canary }), row("3")]);
    await ledger.settle(await take(ledger), { end: { kind: "done" }, result: { posted: 1 } });
    expect(await ledger.purge({ contentMs: never, factsMs: never })).toEqual({ content: 0, facts: 0 });
    expect((await ledger.row("1"))?.content).toBe(canary);

    expect(await ledger.purge({ contentMs: 0, factsMs: never })).toEqual({ content: 1, facts: 0 });
    expect(await ledger.row("1")).toMatchObject({ state: "done", content: undefined, facts: { id: "1" }, result: { posted: 1 } });
    expect((await ledger.byKey("k", 9)).map(({ id }) => id)).toEqual(["1"]);
    expect(await ledger.accept([row("1", { content: "again" })])).toBe("duplicate");
    expect(await take(ledger)).toMatchObject({ id: "2", content: canary });
  });

  test("content that is kept long enough goes by the clock", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: canary })]);
    await drain(ledger);
    const settledAt = (await ledger.row("1"))?.settledAt ?? 0;
    const { content } = await until(async () => {
      const purged = await ledger.purge({ contentMs: 200, factsMs: never });
      return purged.content > 0 ? purged : undefined;
    });
    expect(content).toBe(1);
    expect(Date.now() - settledAt).toBeGreaterThanOrEqual(190);
  });

  test("facts, keys and mail go after theirs, and open rows never", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { keys: [{ key: "k", proof: "p" }] }), row("2"), row("buried", { lane: "b", content: "x" })]);
    await ledger.settle(await take(ledger), { end: { kind: "done" } });
    const bad = await until(async () => {
      const leased = await take(ledger);
      if (leased.id === "buried") return leased;
      await ledger.settle(leased, { end: { kind: "parked", delayMs: never } });
      return undefined;
    });
    await ledger.settle(bad, { end: { kind: "buried", error: "x" } });
    expect(await ledger.purge({ contentMs: 0, factsMs: 0 })).toEqual({ content: 1, facts: 2 });
    expect(await ledger.byKey("k", 9)).toEqual([]);
    expect(await place().query("select id from queue")).toMatchObject([{ id: "2" }]);
    expect(await place().query("select key from row_key")).toEqual([]);
  });

  test("a buried row whose content is gone is not redriven", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("with", { content: canary }), row("without", { lane: "b" }), row("kept", { lane: "c", content: canary })]);
    for (let n = 0; n < 2; n++) await ledger.settle(await take(ledger), { end: { kind: "buried", error: "x" } });
    await ledger.purge({ contentMs: 0, factsMs: never });
    expect(await ledger.redrive(["with", "without"])).toBe(1);
    expect(await drain(ledger)).toEqual(["kept", "without"]);
  });

  test("a buried row that is redriven goes behind what came meanwhile, with its content and nobody else's", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("first", { content: "one" })]);
    await ledger.settle(await take(ledger), { end: { kind: "buried", error: "x" } });
    await ledger.accept([row("second", { content: "two" })]);
    expect(await ledger.redrive(["first"])).toBe(1);
    const second = await take(ledger);
    expect(second).toMatchObject({ id: "second", content: "two" });
    await ledger.settle(second, { end: { kind: "done" } });
    expect(await take(ledger)).toMatchObject({ id: "first", content: "one" });
  });

  test("many rows go in one purge", async () => {
    const { ledger } = await place().open();
    const rows = Array.from({ length: 1200 }, (_, n) => row(`${n}`, { lane: `${n}`, content: canary }));
    await ledger.accept(rows);
    const settled = await Promise.all(Array.from({ length: 8 }, () => drain(ledger)));
    expect(settled.flat()).toHaveLength(1200);
    expect(await ledger.purge({ contentMs: 0, factsMs: never })).toEqual({ content: 1200, facts: 0 });
    expect(await ledger.purge({ contentMs: 0, factsMs: 0 })).toEqual({ content: 0, facts: 1200 });
    expect(await countCanaries(place())).toBe(0);
  });

  test("of content that was deleted, replaced or absorbed nothing is left, whatever stays around it", async () => {
    const { ledger, openStore } = await place().open();
    const store = openStore<string>("people");
    const rows = Array.from({ length: 400 }, (_, n) =>
      row(`${n}`, { lane: `${n % 40}`, content: `${n % 3 === 0 ? "plain" : canary} ${"x".repeat((n * 37) % 3000)}` }),
    );
    await ledger.accept(rows);
    for (let n = 0; n < 400; n++) {
      const leased = await take(ledger);
      if (n % 5 === 0) await ledger.save(leased, { content: "replaced by something short" });
      await ledger.settle(leased, { end: { kind: "done" } });
      if (n % 50 === 49) await ledger.accept([row(`stays${n}`, { queue: "task", lane: `${n}`, content: `plain ${"y".repeat(n * 4)}` })]);
    }
    await store.set("person", canary);
    await store.set("person", "somebody else");
    await store.set("gone", canary);
    await store.delete("gone");
    expect(await countCanaries(place())).toBeGreaterThan(0);
    await ledger.purge({ contentMs: 0, factsMs: never });
    expect(await countCanaries(place())).toBe(0);
    expect((await take(ledger, "task")).content).toMatch(/^plain y/);
  });

  test("mail that was read is gone from the store", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("task", { queue: "task" }), row("push", { queue: "control" })]);
    const task = await take(ledger, "task");
    await ledger.settle(await take(ledger, "control"), { end: { kind: "done" }, mail: [{ to: "task", item: { text: canary } }] });
    const [letter] = await ledger.mail(task);
    expect(letter?.item).toEqual({ text: canary });
    expect(await countCanaries(place())).toBeGreaterThan(0);
    await ledger.settle(task, { end: { kind: "parked", delayMs: never }, read: letter?.seq ?? 0 });
    await ledger.purge({ contentMs: never, factsMs: never });
    expect(await countCanaries(place())).toBe(0);
  });

  test("with an encryption key no content, mail or value stands readable in the store, and all of it comes back", async () => {
    const options = { encryptionKey: "correct horse battery staple" };
    const { ledger, openStore } = await place().open(options);
    const store = openStore<string>("people");
    await ledger.accept([row("task", { queue: "task", content: { text: canary } }), row("push", { queue: "control" })]);
    const task = await take(ledger, "task");
    await ledger.save(task, { content: { text: `${canary}!` } });
    await ledger.settle(await take(ledger, "control"), {
      end: { kind: "done" },
      mail: [{ to: "task", item: canary }],
      also: () => store.set("a", canary),
    });
    expect(await countCanaries(place())).toBe(0);
    expect((await ledger.row("task"))?.content).toEqual({ text: `${canary}!` });
    expect((await ledger.mail(task)).map(({ item }) => item)).toEqual([canary]);
    expect(await store.get("a")).toBe(canary);

    await ledger.close();
    await expect(place().open({ encryptionKey: "another" })).rejects.toThrow(/store\.encryptionKey/);
    await expect(place().open()).rejects.toThrow(/store\.encryptionKey/);
    const again = await place().open(options);
    expect((await again.ledger.row("task"))?.content).toEqual({ text: `${canary}!` });
  });
});
