import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { StoreError } from "../../../src/model/errors.ts";
import { until } from "../../support/until.ts";
import { onPostgres, row, take } from "./engines.ts";

/** A wire to the database that can be cut, or fall silent while it stays up. */
interface Wire {
  readonly port: number;
  cut(): Promise<void>;
  silence(): void;
  mend(): Promise<void>;
}

async function createWire(target: URL): Promise<Wire> {
  const sockets = new Set<Socket>();
  let silent = false;
  let server: Server | undefined;

  async function open(at: number): Promise<number> {
    const opened = createServer((near) => {
      const far = connect(Number(target.port || 5432), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on("data", (bytes) => silent || to.write(bytes));
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
      }
    });
    server = opened;
    await new Promise<void>((resolve) => opened.listen(at, "127.0.0.1", resolve));
    const address = opened.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  const port = await open(0);
  return {
    port,
    async cut() {
      const closed = new Promise((resolve) => server?.close(resolve));
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await closed;
    },
    silence() {
      silent = true;
    },
    async mend() {
      silent = false;
      if (!server?.listening) await open(port);
    },
  };
}

await onPostgres("an outage of the database", (place) => {
  let wire: Wire;
  let url: string;
  beforeEach(async () => {
    const target = new URL(place().url);
    wire = await createWire(new URL(target));
    target.hostname = "127.0.0.1";
    target.port = String(wire.port);
    url = target.href;
  });
  afterEach(() => wire.cut());

  test("every call throws StoreError while the database is away, and works again when it is back", async () => {
    const { ledger, openStore } = await place().open({ url });
    const store = openStore<string>("people");
    await ledger.accept([row("1"), row("2", { lane: "b" })]);
    await store.set("a", "value");
    const leased = await take(ledger);
    await wire.cut();

    const calls: Record<string, Promise<unknown>> = {
      accept: ledger.accept([row("3")]),
      take: ledger.take("message"),
      heartbeat: ledger.heartbeat([leased]),
      mail: ledger.mail(leased),
      save: ledger.save(leased, { facts: 1 }),
      settle: ledger.settle(leased, { end: { kind: "done" } }),
      edit: ledger.edit("2", "x"),
      withdraw: ledger.withdraw("2"),
      row: ledger.row("1"),
      byKey: ledger.byKey("k", 9),
      open: ledger.open("message", "b"),
      trace: ledger.trace("1"),
      buried: ledger.buried(1),
      redrive: ledger.redrive(["1"]),
      stats: ledger.stats(),
      purge: ledger.purge({ contentMs: 0, factsMs: 0 }),
      ping: ledger.ping(),
      get: store.get("a"),
      set: store.set("a", "other"),
      delete: store.delete("a"),
    };
    const failures = Object.entries(calls).map(async ([name, call]) => [name, await call.then(String, (error: unknown) => error)]);
    for (const [name, error] of await Promise.all(failures)) expect({ name, error }).toEqual({ name, error: expect.any(StoreError) });
    await ledger.ready("message", 100, new AbortController().signal);

    await wire.mend();
    await until(() =>
      ledger.ping().then(
        () => true,
        () => false,
      ),
    );
    expect(await store.get("a")).toBe("value");
    expect(await ledger.settle(leased, { end: { kind: "done" } })).toBe("settled");
    expect((await take(ledger)).id).toBe("2");
    expect(await ledger.row("3")).toBeUndefined();
  });

  test("the other processes are heard again after the outage", async () => {
    const near = await place().open();
    const { ledger } = await place().open({ url });
    await wire.cut();
    await wire.mend();
    await until(() =>
      ledger.ping().then(
        () => true,
        () => false,
      ),
    );
    await until(async () => {
      await near.ledger.accept([row(`${performance.now()}`, { lane: `${performance.now()}` })]);
      await ledger.ready("message", 20_000, new AbortController().signal);
      return ledger.take("message");
    });
  });

  test("a database that stays connected and says nothing is given up in bounded time", async () => {
    const { ledger } = await place().open({ url: `${url}&statement_timeout=1000` });
    await ledger.accept([row("1")]);
    wire.silence();
    const began = performance.now();
    const outcomes = await Promise.allSettled([ledger.take("message"), ledger.accept([row("2")]), ledger.ping()]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(StoreError) });
    expect(performance.now() - began).toBeLessThan(12_000);
    await wire.mend();
    await until(() =>
      ledger.ping().then(
        () => true,
        () => false,
      ),
    );
    expect((await take(ledger)).id).toBe("1");
  });

  test("a database that cannot be reached at all is a StoreError at the door", async () => {
    await wire.cut();
    await expect(place().open({ url })).rejects.toBeInstanceOf(StoreError);
  });
});
