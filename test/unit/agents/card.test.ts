import type { AgentCard } from "@a2a-js/sdk";
import { describe, expect, test } from "@jest/globals";
import { type CardOptions, createCards } from "../../../src/agents/card.ts";
import { agentSchema, type DialectName } from "../../../src/agents/config.ts";
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
function world(config: object, pages: Record<string, () => Response | Promise<Response>>, more: Partial<CardOptions> = {}) {
  const clock = fakeClock();
  const store = memoryStore();
  const asked: string[] = [];
  const fetchPage: typeof fetch = async (input, init) => {
    asked.push(`${input}${new Headers(init?.headers).get("if-none-match") ? " if changed" : ""}`);
    return pages[String(input)]?.() ?? new Response(null, { status: 404 });
  };
  const parsed = agentSchema.parse(config);
  const shared = { name: "agent", fetch: fetchPage, clock, log: silentLog, timeoutMs: 1000 };
  const options = { ...shared, config: parsed, store, headers: {}, verify: createVerify({ ...shared, keys: parsed.cardKeys }), ...more };
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

describe("a card that changes", () => {
  const place = "https://agent.example/.well-known/agent-card.json";
  const config = { url: "https://agent.example" };

  test("is a new one, said in the log; the same bytes are the same card", async () => {
    const lines: unknown[] = [];
    const log = { ...silentLog, info: (facts: unknown, words?: string) => void lines.push([facts, words]) };
    const { cards, clock, pages } = world(config, { [place]: () => Response.json(found) }, { log });
    const first = await cards.get(never);
    clock.advance(301_000);
    expect(await cards.get(never)).toBe(first);
    expect(lines).toEqual([]);

    pages[place] = () => Response.json({ ...found, preferredTransport: "HTTP+JSON" });
    clock.advance(301_000);
    const second = await cards.get(never);
    expect(second).not.toBe(first);
    expect([first, second].map(({ card }) => chooseDialects(card)[0]?.dialect.name)).toEqual(["0.3 JSON-RPC", "0.3 HTTP+JSON"]);
    expect(lines).toEqual([[{ agent: "agent", url: place }, "agent card changed"]]);
  });

  test("into one that cannot be used is not taken", async () => {
    const { cards, clock, pages } = world(config, { [place]: () => Response.json(found) });
    const first = await cards.get(never);
    clock.advance(301_000);
    pages[place] = () => Response.json({ ...found, capabilities: { extensions: [{ uri: "https://ex.example/1", required: true }] } });
    expect(await cards.get(never)).toBe(first);
  });
});

describe("the card for those who are known", () => {
  const place = "https://agent.example/.well-known/agent-card.json";
  const config = { url: "https://agent.example" };

  test("takes the place of the public one, also after a restart", async () => {
    const asked: string[] = [];
    const extend = async (card: AgentCard) => {
      asked.push(card.name);
      return { ...found, name: "extended" };
    };
    const { anew, cards } = world(config, { [place]: () => Response.json(found) }, { extend });

    expect(await cards.get(never)).toMatchObject({ extended: true, card: { name: "extended" } });
    expect((await anew().get(never)).card.name).toBe("extended");
    expect(asked).toEqual(["found"]);
  });

  test("that cannot be had leaves the public one, or the last", async () => {
    let works = false;
    const extend = async () => {
      if (works) return { ...found, name: "extended" };
      throw new AgentError("unreachable", "no");
    };
    const { cards, clock } = world(config, { [place]: () => Response.json(found) }, { extend });
    expect((await cards.get(never)).card.name).toBe("found");
    works = true;
    clock.advance(301_000);
    expect((await cards.get(never)).card.name).toBe("extended");
    works = false;
    clock.advance(301_000);
    expect((await cards.get(never)).card.name).toBe("extended");
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

  test.each([
    [{ url: base, protocolVersion: "0.2.6" }, ["0.2 JSON-RPC"]],
    [{ url: base, protocolVersion: "0.1.0" }, ["0.1 JSON-RPC"]],
    [{ url: base, authentication: { schemes: ["bearer"] } }, ["0.1 JSON-RPC"]],
    [{ url: base, authentication: { schemes: ["bearer"] }, securitySchemes: {} }, ["0.3 JSON-RPC", "0.1 JSON-RPC"]],
    [{ url: base }, ["0.3 JSON-RPC", "0.1 JSON-RPC"]],
    [{ url: base, preferredTransport: "JSONRPC" }, ["0.3 JSON-RPC"]],
    [
      {
        supportedInterfaces: [
          { url: base, protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
          { url: base, protocolBinding: "GRPC", protocolVersion: "1.0" },
          { url: base, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
          { url: base, protocolBinding: "JSONRPC", protocolVersion: "1.0" },
        ],
      },
      ["1.0 HTTP+JSON", "1.0 JSON-RPC", "0.3 HTTP+JSON"],
    ],
  ])("%j may be spoken to in several ways, the best first", (raw, names) => {
    expect(chooseDialects(toCard(raw, { base, name: "agent" })).map(({ dialect }) => dialect.name)).toEqual(names);
  });

  test("at the path of 0.2 without a version is of 0.2; of Brightsy's kind is Brightsy's", () => {
    const at = (raw: unknown, path: string) => chooseDialects(toCard(raw, { base: `https://h.example${path}`, name: "agent" }))[0];
    expect(at({ url: base }, "/.well-known/agent.json")?.dialect.name).toBe("0.2 JSON-RPC");
    const brightsy = at(fixture("card-capabilities-list"), "/api/v1beta/agent/1/a2a/card");
    expect([brightsy?.dialect.name, brightsy?.agentInterface.url]).toEqual([
      "Brightsy tasks",
      "https://h.example/api/v1beta/agent/1/a2a/card",
    ]);
  });

  test("is spoken to in the dialect that is named, at the interface that fits best", () => {
    const supportedInterfaces = [
      { url: "https://h.example/grpc", protocolBinding: "GRPC", protocolVersion: "1.0" },
      { url: "https://h.example/rest", protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
      { url: "https://h.example/rpc", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
    ];
    const card = toCard({ supportedInterfaces }, { base, name: "agent" });
    const at = (name: DialectName) =>
      chooseDialects(card, name).map(({ dialect, agentInterface }) => `${dialect.name} ${agentInterface.url}`);
    expect(at("a2a-0.3-jsonrpc")).toEqual(["0.3 JSON-RPC https://h.example/rpc"]);
    expect(at("a2a-1.0-rest")).toEqual(["1.0 HTTP+JSON https://h.example/rest"]);
    expect(at("brightsy")).toEqual(["Brightsy tasks https://h.example/grpc"]);
  });

  test("may require an extension that the headers activate", () => {
    const capabilities = { extensions: [{ uri: "https://ex.example/1", required: true }] };
    expect(toCard({ url: base, capabilities }, { base, name: "agent", extensions: ["https://ex.example/1"] }).name).toBe("agent");
  });

  test("that offers nothing the bridge speaks, or requires an extension, is refused", () => {
    expect(() => chosen({ url: base, preferredTransport: "GRPC" })).toThrow(expect.objectContaining({ kind: "unsupported" }));
    const capabilities = { extensions: [{ uri: "https://ex.example/1", required: true }] };
    expect(() => chosen({ url: base, capabilities })).toThrow(expect.objectContaining({ kind: "unsupported" }));
  });
});
