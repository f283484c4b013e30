import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { LookupFunction } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createGuardedFetch, createIdentityFetch, type GuardedFetch, type GuardedFetchOptions } from "../../../src/http/fetch.ts";
import { until } from "../../support/until.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

function guard(options: Partial<GuardedFetchOptions> = {}): GuardedFetch {
  const guarded = createGuardedFetch({ allowPrivateNetworks: true, ...options });
  ends.push(guarded.close);
  return guarded;
}

/** A server that keeps what it was sent; answers with what was sent unless told otherwise. */
async function listen(answer?: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const seen: { method: string | undefined; url: string | undefined; headers: IncomingMessage["headers"]; body: string }[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    if (answer) answer(request, response, body);
    else response.setHeader("content-type", "application/json").end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { seen, server, port, url: `http://127.0.0.1:${port}` };
}

describe("what goes out", () => {
  test("JSON arrives with its length and type, and comes back as a platform Response", async () => {
    const { seen, url } = await listen();

    const response = await guard().fetch(`${url}/a?b=1`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer t" },
      body: '{"a":1}',
    });

    expect(await response.json()).toEqual({ a: 1 });
    expect(response).toBeInstanceOf(Response);
    expect(response.url).toBe(`${url}/a?b=1`);
    expect(response.ok).toBe(true);
    expect(seen[0]).toMatchObject({ method: "POST", url: "/a?b=1", body: '{"a":1}' });
    expect(seen[0]?.headers).toMatchObject({ "content-length": "7", "content-type": "application/json", authorization: "Bearer t" });
  });

  test("a text arrives with its type; a header loses the space around it, and one that stands there twice is joined", async () => {
    const { seen, url } = await listen();
    const { fetch } = guard();

    await (await fetch(url, { method: "POST", headers: { authorization: "Bearer t\n" }, body: "ä" })).text();
    await (await fetch(url, { method: "POST", headers: { "X-A": "1", "x-a": "2" }, body: "" })).text();
    await (await fetch(url, { headers: [["Accept", "text/html"]] })).text();

    expect(seen[0]).toMatchObject({ body: "ä", headers: { authorization: "Bearer t", "content-length": "2" } });
    expect(seen[0]?.headers).toMatchObject({ accept: "*/*", "content-type": "text/plain;charset=UTF-8", "user-agent": "a2a-chat-bridge" });
    expect(seen[1]?.headers).toMatchObject({ "x-a": "1, 2", "content-length": "0" });
    expect(seen[2]?.headers.accept).toBe("text/html");
  });

  test("what the platform does not take is refused before anything is sent", async () => {
    const { seen, url } = await listen();
    const { fetch } = guard();
    const refused: readonly (readonly [string, RequestInit])[] = [
      ["no address", {}],
      [url.replace("//", "//user:password@"), {}],
      [url, { body: "a GET has no body" }],
      [url, { headers: { "x-a": "1\r\nx-b: 2" } }],
      [url, { headers: { "a b": "1" } }],
      [url, { method: "TRACE" }],
    ];
    for (const [address, init] of refused) await expect(fetch(address, init)).rejects.toThrow();
    expect(seen).toEqual([]);
  });

  test("a form with a file arrives as multipart, not as the name of an object", async () => {
    const { seen, url } = await listen();
    const form = new FormData();
    form.set("channel", "C1");
    form.set("file", new Blob(["hello"], { type: "text/plain" }), "a.txt");

    await (await guard().fetch(url, { method: "POST", body: form })).text();

    expect(seen[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(seen[0]?.body).toMatch(/name="channel"\r\n\r\nC1[\s\S]*filename="a.txt"[\s\S]*hello/);
  });

  test("parameters, bytes, a Request and a stream arrive as they are", async () => {
    const { seen, url } = await listen();
    const { fetch } = guard();
    const stream = ReadableStream.from([new TextEncoder().encode("one "), new TextEncoder().encode("two")]);

    await (await fetch(url, { method: "POST", body: new URLSearchParams({ a: "ä b" }) })).text();
    await (await fetch(url, { method: "PUT", body: new Uint8Array([65, 66]) })).text();
    await (await fetch(new Request(url, { method: "POST", body: "from a request" }))).text();
    await (await fetch(url, { method: "POST", body: stream, duplex: "half" })).text();
    await (await fetch(new URL(url))).text();

    expect(seen.map(({ body }) => body)).toEqual(["a=%C3%A4+b", "AB", "from a request", "one two", ""]);
    expect(seen[0]?.headers["content-type"]).toMatch("application/x-www-form-urlencoded");
  });
});

describe("what comes back", () => {
  test("events arrive one by one, as they are sent", async () => {
    let send: ServerResponse | undefined;
    const { url } = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      send = response;
    });
    const response = await guard().fetch(url, { headers: { accept: "text/event-stream" } });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();

    send?.write("data: 1\n\n");
    expect(await reader?.read()).toEqual({ done: false, value: "data: 1\n\n" });
    send?.write("data: 2\n\n");
    expect(await reader?.read()).toEqual({ done: false, value: "data: 2\n\n" });
    send?.end();
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
  });

  test("a redirect is handed back, never followed", async () => {
    const { seen, url } = await listen((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end());
    const { fetch } = guard();

    const response = await fetch(url, { redirect: "follow" });

    expect([response.status, response.headers.get("location"), seen.length]).toEqual([302, "/elsewhere", 1]);
    await response.body?.cancel();
    await expect(fetch(url, { redirect: "error" })).rejects.toThrow("redirects");
  });

  test.each([204, 304, 404, 500])("status %i comes back as it is", async (status) => {
    const { url } = await listen((_request, response) => response.writeHead(status).end(status > 400 ? "why" : undefined));

    const response = await guard().fetch(url);

    expect([response.status, await response.text()]).toEqual([status, status > 400 ? "why" : ""]);
  });

  test("is read once, in whatever way", async () => {
    const { url } = await listen((_request, response) => response.setHeader("content-type", "application/json").end('{"a":"ä"}'));
    const { fetch } = guard();
    const bytes = new TextEncoder().encode('{"a":"ä"}');

    const response = await fetch(url);
    expect([response.bodyUsed, response.ok, response.statusText, response.type, response.redirected]).toEqual([
      false,
      true,
      "",
      "default",
      false,
    ]);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.text()).toBe('{"a":"ä"}');
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow();

    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(bytes);
    expect(new Uint8Array(await (await fetch(url)).bytes())).toEqual(bytes);
    expect(await (await (await fetch(url)).blob()).text()).toBe('{"a":"ä"}');
    const first = await fetch(url);
    expect([await first.clone().text(), await first.json()]).toEqual(['{"a":"ä"}', { a: "ä" }]);
    const streamed = await fetch(url);
    const reader = streamed.body?.getReader();
    expect((await reader?.read())?.value).toEqual(bytes);
    expect(streamed.bodyUsed).toBe(true);
    await expect(streamed.text()).rejects.toThrow();
  });

  test("that is no JSON is told as such", async () => {
    const { url } = await listen((_request, response) => response.end("<html>"));
    await expect((await guard().fetch(url)).json()).rejects.toMatchObject({ name: "SyntaxError" });
  });

  test("several cookies stay several, and what was compressed unasked is readable", async () => {
    const { seen, url } = await listen((_request, response) => {
      response.writeHead(200, { "set-cookie": ["a=1", "b=2"], "content-encoding": "gzip" }).end(gzipSync("plain"));
    });

    const response = await guard().fetch(url);

    expect(await response.text()).toBe("plain");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(seen[0]?.headers["accept-encoding"]).toBe("identity");
  });
});

describe("an end before the end", () => {
  test("an abort ends a call that waits, with the signal's reason", async () => {
    const { seen, url } = await listen(() => undefined);
    const stop = new AbortController();
    const call = guard().fetch(url, { signal: stop.signal });
    await until(() => seen[0]);

    stop.abort(new Error("enough"));

    await expect(call).rejects.toThrow("enough");
  });

  test("an abort ends a stream that is being read, and the server sees it", async () => {
    let closed = false;
    const { url } = await listen((_request, response) => {
      response.write("data: 1\n\n");
      response.on("close", () => {
        closed = true;
      });
    });
    const stop = new AbortController();
    const response = await guard().fetch(url, { signal: stop.signal });
    const reader = response.body?.getReader();
    await reader?.read();

    stop.abort(new Error("enough"));

    await expect(reader?.read()).rejects.toThrow("enough");
    await until(() => closed);
  });

  test("a signal that was aborted before sends nothing", async () => {
    const { seen, url } = await listen();
    await expect(guard().fetch(url, { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
    expect(seen).toEqual([]);
  });

  test("cancelling a body frees the connection", async () => {
    let closed = false;
    const { url } = await listen((_request, response) => {
      response.write("x");
      response.on("close", () => {
        closed = true;
      });
    });
    const response = await guard().fetch(url);

    await response.body?.cancel();

    await until(() => closed);
  });

  test("a stream that is cut fails, and does not look complete", async () => {
    const { url } = await listen((_request, response) => {
      response.write("half", () => response.destroy());
    });
    const response = await guard().fetch(url);
    await expect(response.text()).rejects.toThrow();
  });

  test("a closed port is told by its code", async () => {
    const { port, server } = await listen();
    await new Promise((resolve) => server.close(resolve));
    await expect(guard().fetch(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ name: "FetchError", code: "ECONNREFUSED" });
  });

  test("other schemes than http and https are refused", async () => {
    await expect(guard().fetch("file:///etc/passwd")).rejects.toThrow("file: is not http or https");
    await expect(guard().fetch("data:,x")).rejects.toThrow("data: is not http or https");
  });
});

/** A name service that gives these addresses for every name. */
const answering =
  (...addresses: readonly string[]): LookupFunction =>
  (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );

describe("the guard", () => {
  test.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "0.0.0.0",
    "[::]",
    "localhost",
  ])("never reaches this machine as %s", async (host) => {
    const { seen, port } = await listen();
    const call = guard({ allowPrivateNetworks: false }).fetch(`http://${host}:${port}/`);
    await expect(call).rejects.toMatchObject({ code: "EBLOCKED", message: expect.stringContaining("outbound.allowPrivateNetworks") });
    expect(seen).toEqual([]);
  });

  test.each([
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "240.0.0.1",
    "[ff02::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
  ])("never dials %s", async (host) => {
    await expect(guard({ allowPrivateNetworks: false }).fetch(`http://${host}/`)).rejects.toMatchObject({ code: "EBLOCKED" });
  });

  test("keeps cloud metadata shut even where private networks are open, until a network names it", async () => {
    const { fetch } = guard({ allowPrivateNetworks: true });
    await expect(fetch("http://169.254.169.254/latest/meta-data")).rejects.toMatchObject({ code: "EBLOCKED" });
    await expect(fetch("http://0.0.0.0/")).rejects.toMatchObject({ code: "EBLOCKED" });
  });

  test("opens the networks of a list, and no others", async () => {
    const { url } = await listen();
    const { fetch } = guard({ allowPrivateNetworks: ["127.0.0.0/8"] });

    expect((await fetch(url)).status).toBe(200);
    await expect(fetch("http://10.0.0.1/")).rejects.toMatchObject({ code: "EBLOCKED" });
    await expect(fetch("http://[::1]/")).rejects.toMatchObject({ code: "EBLOCKED" });
  });

  test("looks at what a name leads to", async () => {
    const { fetch } = guard({ allowPrivateNetworks: false, lookup: answering("10.0.0.8") });
    await expect(fetch("http://agent.example/")).rejects.toMatchObject({
      code: "EBLOCKED",
      message: expect.stringContaining("agent.example (10.0.0.8)"),
    });
  });

  test("leaves out the private ones of several addresses", async () => {
    const { seen, port } = await listen();
    const lookup = answering("10.255.255.1", "127.0.0.1");

    const response = await guard({ allowPrivateNetworks: ["127.0.0.1"], lookup }).fetch(`http://agent.example:${port}/`);

    expect([response.status, seen.length]).toEqual([200, 1]);
  });

  test("is not fooled by a name that changes its address after it was looked up (DNS rebinding)", async () => {
    const { seen, port } = await listen();
    const asked: string[] = [];
    // The first answer is harmless but nobody listens there; each later one is this machine.
    const rebinding: LookupFunction = (hostname, _options, callback) => {
      asked.push(hostname);
      callback(null, [{ address: asked.length === 1 ? "192.88.99.1" : "127.0.0.1", family: 4 }]);
    };
    const { fetch } = guard({ allowPrivateNetworks: ["192.88.99.0/24"], lookup: rebinding, connectTimeoutMs: 300 });

    const first = await fetch(`http://rebind.example:${port}/`).catch((err: unknown) => err);
    const second = fetch(`http://rebind.example:${port}/`);

    expect(first).toBeInstanceOf(Error);
    await expect(second).rejects.toMatchObject({ code: "EBLOCKED" });
    expect(asked).toHaveLength(2);
    expect(seen).toEqual([]);
  });

  test("asks a proxy for names, but refuses literals itself", async () => {
    const { seen, url } = await listen((_request, response) => response.end("by proxy"));
    const { fetch } = guard({ allowPrivateNetworks: false, proxy: url });

    const response = await fetch("http://agent.example/path");

    expect(await response.text()).toBe("by proxy");
    expect(seen[0]).toMatchObject({ url: "http://agent.example/path" });
    await expect(fetch("http://127.0.0.1/")).rejects.toMatchObject({ code: "EBLOCKED" });
  });
});

describe("the way to a machine's own tokens", () => {
  test("leads to the metadata address and to this machine, and to no other private network", async () => {
    const { url } = await listen();
    const { fetch, close } = createIdentityFetch({ allowPrivateNetworks: false });
    ends.push(close);
    expect((await fetch(`${url}/msi/token`, { method: "POST", body: "{}" })).status).toBe(200);
    const metadata = fetch("http://169.254.169.254:9/metadata/identity", { signal: AbortSignal.timeout(500) });
    expect(String(await metadata.catch((error: unknown) => error))).not.toContain("private or special");
    await expect(fetch("http://10.0.0.1/")).rejects.toMatchObject({ code: "EBLOCKED" });
  });
});
