import { describe, expect, test } from "@jest/globals";
import { createCards } from "../../../src/agents/card.ts";
import { agentSchema } from "../../../src/agents/config.ts";
import { chooseDialects } from "../../../src/agents/dialects/choose.ts";
import { cardUrls } from "../../../src/agents/discover.ts";
import { toCard } from "../../../src/agents/repair.ts";
import { createVerify } from "../../../src/agents/signature.ts";
import { silentLog } from "../../../src/log.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { fakeClock, memoryStore } from "./fakes.ts";
import { fixture } from "./fixture.ts";

const never = new AbortController().signal;
const found = { name: "found", url: "https://agent.example/rpc", preferredTransport: "JSONRPC", protocolVersion: "0.3.0" };

/** A web of pages; what is not in it answers 404. */
function world(config: object, pages: Record<string, () => Response | Promise<Response>>) {
  const clock = fakeClock();
  const store = memoryStore();
  const asked: string[] = [];
  const fetchPage: typeof fetch = async (input, init) => {
    asked.push(`${input}${new Headers(init?.headers).get("if-none-match") ? " if changed" : ""}`);
    return pages[String(input)]?.() ?? new Response(null, { status: 404 });
  };
  const parsed = agentSchema.parse(config);
  const shared = { name: "agent", fetch: fetchPage, clock, log: silentLog, timeoutMs: 1000 };
  const options = { ...shared, config: parsed, store, headers: {}, verify: createVerify({ ...shared, keys: parsed.cardKeys }) };
  return { asked, clock, store, pages, cards: createCards(options), anew: () => createCards(options) };
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("the place of a card", () => {
  test("is below the URL, beside it, at the root, or the URL itself", () => {
    expect(cardUrls("https://h.example/agents/x")).toEqual([
      "https://h.example/agents/x/.well-known/agent-card.json",
      "https://h.example/agents/x/.well-known/agent.json",
      "https://h.example/agents/.well-known/agent-card.json",
      "https://h.example/agents/.well-known/agent.json",
      "https://h.example/.well-known/agent-card.json",
      "https://h.example/.well-known/agent.json",
      "https://h.example/agents/x",
    ]);
    expect(cardUrls("https://h.example/cards/one.json")).toEqual(["https://h.example/cards/one.json"]);
  });

  test("is looked for in that order, pages that are no cards are passed by", async () => {
    const { asked, cards } = world(
      { url: "https://agent.example" },
      {
        "https://agent.example/.well-known/agent-card.json": () => new Response("<html>"),
        "https://agent.example/.well-known/agent.json": () => Response.json(found),
      },
    );
    expect((await cards.get(never)).card.name).toBe("found");
    expect(asked).toHaveLength(2);
  });

  test("at the root counts only for an agent that the card names", async () => {
    const root = "https://agent.example/.well-known/agent-card.json";
    const other = world({ url: "https://agent.example/agents/x" }, { [root]: () => Response.json(found) });
    expect(await errorOf(other.cards.get(never))).toMatchObject({ kind: "unreachable" });

    const named = { ...found, url: "https://agent.example/agents/x" };
    const own = world({ url: "https://agent.example/agents/x" }, { [root]: () => Response.json(named) });
    expect((await own.cards.get(never)).card.name).toBe("found");
  });
});

describe("a card", () => {
  const place = "https://agent.example/.well-known/agent-card.json";

  test("is fetched when it is needed, kept, and asked for again when it is old", async () => {
    const headers = { etag: '"1"', "cache-control": "max-age=100" };
    const { asked, cards, clock, pages } = world({ url: "https://agent.example" }, { [place]: () => Response.json(found, { headers }) });
    expect(asked).toEqual([]);
    const [first, second] = await Promise.all([cards.get(never), cards.get(never)]);
    expect(second).toBe(first);
    clock.advance(99_000);
    await cards.get(never);
    expect(asked).toEqual([place]);

    clock.advance(2_000);
    pages[place] = () => new Response(null, { status: 304 });
    expect(await cards.get(never)).toBe(first);
    expect(asked).toEqual([place, `${place} if changed`]);

    clock.advance(101_000);
    pages[place] = () => Response.json({ ...found, name: "changed" });
    expect((await cards.get(never)).card.name).toBe("changed");
  });

  test("that is old is used on when no new one can be had, also after a restart", async () => {
    const { anew, asked, cards, clock, pages } = world({ url: "https://agent.example" }, { [place]: () => Response.json(found) });
    await cards.get(never);
    clock.advance(400_000);
    pages[place] = () => Promise.reject(new TypeError("fetch failed"));

    expect((await cards.get(never)).card.name).toBe("found");
    expect((await anew().get(never)).card.name).toBe("found");
    const before = asked.length;
    await cards.get(never);
    expect(asked).toHaveLength(before);
  });

  test.each([
    [() => new Response(null, { status: 401 }), "unauthorized"],
    [() => new Response(null, { status: 429, headers: { "retry-after": "5" } }), "rateLimited"],
    [() => new Response(null, { status: 500 }), "unreachable"],
    [() => Promise.reject(new TypeError("fetch failed")), "unreachable"],
    [() => Response.json({ ok: true }), "unreachable"],
  ])("that cannot be had says that nothing was sent (%#)", async (answer, kind) => {
    const error = await errorOf(world({ url: "https://agent.example" }, { [place]: answer }).cards.get(never));
    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({ kind });
  });

  test("that does not come in time is given up", async () => {
    const stuck = world({ url: "https://agent.example" }, {});
    const hanging = createCards({
      name: "agent",
      config: agentSchema.parse({ url: "https://agent.example" }),
      fetch: (_input, init) =>
        new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
      clock: stuck.clock,
      log: silentLog,
      store: stuck.store,
      headers: {},
      verify: async (raw) => ({ raw, signature: "unsigned" }),
      timeoutMs: 1000,
    });
    const waiting = errorOf(hanging.get(never));
    await new Promise((resolve) => setImmediate(resolve));
    stuck.clock.advance(1_001);
    expect(await waiting).toMatchObject({ kind: "unreachable" });
  });

  test("of the configuration or of a preset needs no fetch", async () => {
    const inline = world({ url: "https://agent.example", card: found }, {});
    const spark = world({ url: "https://x.api.eu.nexthink.cloud/api/spark/a2a", preset: "spark" }, {});

    expect((await inline.cards.get(never)).card.name).toBe("found");
    expect((await spark.cards.get(never)).card.supportedInterfaces).toMatchObject([
      { url: "https://x.api.eu.nexthink.cloud/api/spark/a2a", protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
    ]);
    expect([...inline.asked, ...spark.asked]).toEqual([]);
  });
});

describe("a card in the wild", () => {
  const base = "https://agents.example/agent/1";
  const chosen = (raw: unknown) => chooseDialects(toCard(raw, { base, name: "agent" }))[0];

  test("is repaired where the SDK would refuse or mistake it", () => {
    expect(chosen(fixture("card-without-tags"))?.dialect.name).toBe("0.3 JSON-RPC");
    expect(chosen(fixture("card-02"))?.dialect.name).toBe("0.2 JSON-RPC");
    const listed = toCard(fixture("card-capabilities-list"), { base, name: "agent" });
    expect(listed.capabilities?.streaming).toBe(true);
    expect(listed.supportedInterfaces[0]?.url).toBe(base);
    expect(toCard({ url: "/rpc" }, { base, name: "agent" }).supportedInterfaces[0]?.url).toBe("https://agents.example/rpc");
  });

  test.each([
    [{ url: base }, "0.3 JSON-RPC"],
    [{ url: base, preferredTransport: "HTTP+JSON" }, "0.3 HTTP+JSON"],
    [{ url: base, preferredTransport: "GRPC", additionalInterfaces: [{ transport: "HTTP+JSON", url: base }] }, "0.3 HTTP+JSON"],
    [{ supportedInterfaces: [{ url: base, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }, "1.0 HTTP+JSON"],
    [
      {
        url: base,
        supportedInterfaces: [
          { url: base, protocolBinding: "JSONRPC", protocolVersion: "0.3" },
          { url: base, protocolBinding: "JSONRPC", protocolVersion: "1.0.1" },
        ],
      },
      "1.0 JSON-RPC",
    ],
  ])("%j is spoken to in %#", (raw, name) => {
    expect(chosen(raw)?.dialect.name).toBe(name);
  });

  test("that offers nothing the bridge speaks, or requires an extension, is refused", () => {
    expect(() => chosen({ url: base, preferredTransport: "GRPC" })).toThrow(expect.objectContaining({ kind: "unsupported" }));
    const capabilities = { extensions: [{ uri: "https://ex.example/1", required: true }] };
    expect(() => chosen({ url: base, capabilities })).toThrow(expect.objectContaining({ kind: "unsupported" }));
  });
});
