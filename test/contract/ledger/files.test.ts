import { expect, test } from "@jest/globals";
import { onEveryEngine, type Place, row, take } from "./engines.ts";

const bytes = Buffer.from("CANARY-of-a-file-x7Qz");
const file = { id: "f1", name: "canary-name.txt", mediaType: "text/plain", secret: "canary-secret", bytes };
const never = 1e12;

/** What the database holds of files, past the ledger. */
const look = async (place: Place): Promise<string> => JSON.stringify(await place.query("select * from file"));

await onEveryEngine("files", (place) => {
  test("are kept in the commit of their row's step, and one with the same id takes the place of the last", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "x" })]);
    const leased = await take(ledger);
    expect(await ledger.file("f1")).toBeUndefined();
    await ledger.save(leased, { files: [file] });
    const { id: _, ...kept } = file;
    expect(await ledger.file("f1")).toEqual(kept);
    await ledger.settle(leased, { end: { kind: "done" }, files: [{ ...file, bytes: Buffer.from("other") }] });
    expect(Buffer.from((await ledger.file("f1"))?.bytes ?? "").toString()).toBe("other");
  });

  test("of a step that was not committed are not there", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "x" })]);
    const leased = await take(ledger);
    await ledger.settle(leased, { end: { kind: "done" } });
    await expect(ledger.save(leased, { files: [file] })).rejects.toThrow("lease");
    expect(await ledger.file("f1")).toBeUndefined();
  });

  test("go with the content of their row, and not before", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "x" }), row("2", { lane: "b", content: "x" })]);
    const [one, two] = [await take(ledger), await take(ledger)];
    await ledger.settle(one, { end: { kind: "done" }, files: [file] });
    await ledger.save(two, { files: [{ ...file, id: "f2" }] });
    await ledger.purge({ contentMs: never, factsMs: never });
    expect(await ledger.file("f1")).toBeDefined();
    await ledger.purge({ contentMs: 0, factsMs: never });
    expect(await ledger.file("f1")).toBeUndefined();
    expect(await ledger.file("f2")).toBeDefined();
    await ledger.settle(two, { end: { kind: "done" } });
    await ledger.purge({ contentMs: 0, factsMs: 0 });
    expect(await look(place())).toBe("[]");
  });

  test("are sealed where there is a key, and open with that one alone", async () => {
    const first = await place().open({ encryptionKey: "the first secret key" });
    await first.ledger.accept([row("1", { content: "x" })]);
    await first.ledger.settle(await take(first.ledger), { end: { kind: "done" }, files: [file] });
    expect(Buffer.from((await first.ledger.file("f1"))?.bytes ?? "")).toEqual(bytes);
    const stored = await look(place());
    expect(stored).not.toContain(bytes.toString("base64"));
    expect(stored).not.toContain("canary");
    await first.ledger.close();
    await expect(place().open({ encryptionKey: "quite another secret" })).rejects.toThrow("store.encryptionKey");
  });
});
