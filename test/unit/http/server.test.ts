import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type BridgeServer, createHttpServer, type HttpServerOptions } from "../../../src/http/server.ts";
import { silentLog } from "../../../src/log.ts";
import type { HttpRoute, RawRequest } from "../../../src/model/http.ts";
import { until } from "../../support/until.ts";

const running: BridgeServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function serve(routes: readonly HttpRoute[], more: Partial<HttpServerOptions> = {}) {
  const server = createHttpServer({ host: "127.0.0.1", port: 0, trustProxy: [], ready: async () => true, log: silentLog, ...more });
  running.push(server);
  server.add(routes);
  return { server, ...(await server.start()) };
}

/** A door that keeps what came in. */
function recorder(more: Partial<HttpRoute> = {}) {
  const seen: RawRequest[] = [];
  const tooLarge: string[] = [];
  const route: HttpRoute = {
    method: "POST",
    path: "/in/:agent/:id",
    bodyLimit: 1_000,
    handle: async (request) => {
      seen.push(request);
      return { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
    },
    tooLarge: async (head) => {
      tooLarge.push(head.path);
    },
    ...more,
  };
  return { seen, tooLarge, route };
}

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

/** Writes raw bytes to the port and resolves to all that came back before the other side closed. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a door", () => {
  test.each(["application/json", "text/plain", "application/x-www-form-urlencoded", "not a type", "application/json; charset=klingon"])(
    "hands over the raw bytes of type %s",
    async (type) => {
      const { seen, route } = recorder();
      const { url } = await serve([route]);

      const response = await fetch(`${url}/in/spark/a%20b?x=1`, { method: "POST", headers: { "content-type": type }, body: '{"a": \n1}' });

      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch("application/json");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(text(seen[0]?.body)).toBe('{"a": \n1}');
      expect(seen[0]).toMatchObject({ method: "POST", path: "/in/spark/a%20b", params: { agent: "spark", id: "a b" }, ip: "127.0.0.1" });
    },
  );

  test("takes a request without body or type", async () => {
    const { seen, route } = recorder();
    const { url } = await serve([route]);

    expect((await fetch(`${url}/in/a/b`, { method: "POST" })).status).toBe(200);
    expect(seen[0]?.body.byteLength).toBe(0);
  });

  test("may answer before a byte of the body is there", async () => {
    const { seen, route } = recorder({ admit: async () => ({ status: 404, body: "unknown" }) });
    const { port } = await serve([route], { requestMs: 300, headMs: 200 });

    const answer = await raw(port, "POST /in/a/b HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n");

    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(seen).toEqual([]);
  });

  test("asks `admit` before it looks at the size", async () => {
    const { tooLarge, route } = recorder({ admit: async () => ({ status: 404 }) });
    const { url } = await serve([route]);

    expect((await fetch(`${url}/in/a/b`, { method: "POST", body: "x".repeat(5_000) })).status).toBe(404);
    expect(tooLarge).toEqual([]);
  });

  test("refuses a body whose announced length is over the limit, and hears of it", async () => {
    const { seen, tooLarge, route } = recorder();
    const { url } = await serve([route]);

    const response = await fetch(`${url}/in/a/b`, { method: "POST", body: "x".repeat(2_000_000) });

    expect(response.status).toBe(413);
    expect(tooLarge).toEqual(["/in/a/b"]);
    expect(seen).toEqual([]);
  });

  test("does not wait for a body that was announced too large", async () => {
    const { tooLarge, route } = recorder();
    const { port } = await serve([route], { requestMs: 400, headMs: 200 });

    const answer = await raw(port, "POST /in/a/b HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n");

    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(tooLarge).toEqual(["/in/a/b"]);
  });

  test("refuses a body without a length as soon as it grows over the limit", async () => {
    const { seen, tooLarge, route } = recorder();
    const { url } = await serve([route]);
    const chunks = ReadableStream.from(Array.from({ length: 5 }, () => new Uint8Array(400)));

    const response = await fetch(`${url}/in/a/b`, { method: "POST", body: chunks, duplex: "half" });

    expect(response.status).toBe(413);
    expect(tooLarge).toEqual(["/in/a/b"]);
    expect(seen).toEqual([]);
  });

  test("keeps the connection usable after a body that was too large", async () => {
    const { route } = recorder();
    const { port } = await serve([route]);
    const big = `POST /in/a/b HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\n\r\n${"x".repeat(2_000)}`;
    const small = "POST /in/a/b HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";

    const answer = await raw(port, big + small);

    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  test.each(["handle", "admit", "tooLarge"] as const)("that throws in %s answers 503 without a word about why", async (where) => {
    const fail = async () => {
      throw new Error("the database password is hunter2");
    };
    const { route } = recorder({ [where]: fail });
    const { url } = await serve([route]);

    const response = await fetch(`${url}/in/a/b`, { method: "POST", body: where === "tooLarge" ? "x".repeat(2_000) : "x" });

    expect(response.status).toBe(503);
    expect(await response.text()).toBe("try again later");
  });

  test("that nobody opened is not found, nor is a path that cannot be read", async () => {
    const { url } = await serve([recorder().route]);

    for (const path of ["/", "/in", "/in/a/%zz", `/in/a/${"x".repeat(2_000)}`]) {
      expect((await fetch(url + path, { method: "POST", body: "{" })).status).toBe(404);
    }
    expect((await fetch(`${url}/in/a/b`)).status).toBe(404);
  });
});

describe("the forwarded address", () => {
  const ask = async (trustProxy: readonly string[]) => {
    const { seen, route } = recorder();
    const { url } = await serve([route], { trustProxy });
    await fetch(`${url}/in/a/b`, { method: "POST", headers: { "x-forwarded-for": "203.0.113.9" } });
    return seen[0]?.ip;
  };

  test("is believed from a trusted proxy only", async () => {
    expect(await ask(["127.0.0.0/8"])).toBe("203.0.113.9");
    expect(await ask(["10.0.0.0/8"])).toBe("127.0.0.1");
    expect(await ask([])).toBe("127.0.0.1");
  });
});

describe("the port", () => {
  test("tells whether the process is alive and whether it is ready", async () => {
    let answer: () => Promise<boolean> = async () => true;
    const { url } = await serve([], { ready: () => answer() });

    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    answer = async () => false;
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    answer = async () => {
      throw new Error("down");
    };
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    answer = () => new Promise(() => undefined);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("is not held by a head, or a body, that never ends", async () => {
    const { seen, route } = recorder();
    const { port } = await serve([route], { headMs: 200, requestMs: 400 });

    const head = await raw(port, "POST /in/a/b HTTP/1.1\r\nhost: x\r\n");
    const body = await raw(port, "POST /in/a/b HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc");

    expect([head, body].map((answer) => answer.slice(0, 12))).toEqual(["HTTP/1.1 408", "HTTP/1.1 408"]);
    expect(seen).toEqual([]);
  });

  test("that is taken, or an address that is not ours, is told with its key", async () => {
    const { port } = await serve([]);
    await expect(serve([], { port })).rejects.toThrow(`listen.port: ${port} is taken`);
    await expect(serve([], { host: "192.0.2.1" })).rejects.toThrow("listen.host: 192.0.2.1 is no address of this machine");
  });

  test("turns connections away over its cap", async () => {
    const { route } = recorder();
    const { port } = await serve([route], { connections: 1, headMs: 2_000 });
    const first = connect(port, "127.0.0.1");
    await new Promise((resolve) => first.once("connect", resolve));

    const second = await raw(port, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").catch(() => "");

    expect(second).toBe("");
    first.destroy();
  });

  test("finishes what is open when it stops, and takes nothing new", async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { seen, route } = recorder();
    const slow: HttpRoute = { ...route, handle: (request) => gate.then(() => route.handle(request)) };
    const entered: unknown[] = [];
    const { server, url } = await serve([{ ...slow, admit: async (head) => void entered.push(head) }]);
    const open = fetch(`${url}/in/a/b`, { method: "POST", body: "x" });
    await until(() => entered[0]);

    const stopped = server.stop();
    go();

    expect((await open).status).toBe(200);
    await stopped;
    expect(seen).toHaveLength(1);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test("does not wait out its grace time for a connection that rests", async () => {
    const { route } = recorder();
    const { server, url } = await serve([route], { graceMs: 60_000 });
    await fetch(`${url}/in/a/b`, { method: "POST", body: "x".repeat(2_000_000) });

    await server.stop();
  }, 5_000);

  test("cuts what does not end within the grace time", async () => {
    const entered: unknown[] = [];
    const { route } = recorder({ admit: async (head) => void entered.push(head), handle: () => new Promise(() => undefined) });
    const { server, port } = await serve([route], { graceMs: 50 });
    const cut = new Promise((resolve) => {
      httpRequest({ port, path: "/in/a/b", method: "POST" }).on("error", resolve).end();
    });
    await until(() => entered[0]);

    await server.stop();

    expect(await cut).toMatchObject({ code: "ECONNRESET" });
  });
});
