import { request } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { silentLog } from "../../../src/log.ts";
import { startPage } from "../../../src/simulator/page/page.ts";
import { createSlackPlatform } from "../../../src/simulator/page/slack.ts";
import { createRig, type Rig } from "./rig.ts";

interface PageRig extends AsyncDisposable {
  readonly rig: Rig;
  readonly url: string;
  readonly token: string;
  act(body: unknown, headers?: Record<string, string>): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** `fetch` does not let anybody set Host. */
  statusWith(headers: Record<string, string>, path?: string): Promise<number | undefined>;
}

async function openPage(): Promise<PageRig> {
  const rig = await createRig();
  const page = await startPage({ platforms: [createSlackPlatform({ simulator: rig.slack })], log: silentLog });
  const html = await (await fetch(page.url)).text();
  const token = /name="page-token" content="([^"]+)"/.exec(html)?.[1] ?? "";
  return {
    rig,
    url: page.url,
    token,
    async act(body, headers = {}) {
      const own = { "content-type": "application/json", "x-page-token": token, ...headers };
      const response = await fetch(`${page.url}api/act`, { method: "POST", headers: own, body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    statusWith: (headers, path = "api/view") =>
      new Promise((resolve, reject) => {
        request(page.url + path, { headers }, (response) => resolve(response.resume().statusCode))
          .on("error", reject)
          .end();
      }),
    async [Symbol.asyncDispose]() {
      await page.stop();
      await rig[Symbol.asyncDispose]();
    },
  };
}

const hello = { kind: "say", platform: "slack", room: "C1", user: "UANN", text: "@Agent Bridge is 1 < 2 & 3?" };

describe("the page", () => {
  test("is served with its parts under a strict policy, and shows what people see", async () => {
    await using page = await openPage();
    const html = await (await fetch(page.url)).text();
    const scripts = ["state.js", "rooms.js", "messages.js", "composer.js", "dialog.js", "panel.js", "draw.js", "markdown.js"];
    const parts = ["", ...[...html.matchAll(/(?:href|src)="\/([\w.]+)"/g)].map((match) => match[1] ?? ""), ...scripts];
    const answers = await Promise.all(parts.map((part) => fetch(page.url + part)));

    expect(answers.map(({ status }) => status)).toEqual(parts.map(() => 200));
    for (const answer of answers) {
      expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(await answer.text()).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\seval\(/);
    }
    expect((await fetch(`${page.url}package.json`)).status).toBe(404);
    expect((await fetch(`${page.url}..%2fpage.ts`)).status).toBe(404);
  });

  test("a person's words reach the app as Slack writes them", async () => {
    await using page = await openPage();

    const answer = await page.act(hello);
    await page.rig.slack.settled();

    expect(answer.status).toBe(200);
    expect(page.rig.events("app_mention")).toMatchObject([{ ts: answer.body.message, text: "<@UBOT> is 1 &lt; 2 &amp; 3?" }]);
    const view = await (await fetch(`${page.url}api/view?platform=slack&room=C1&thread=${answer.body.message}&user=Ben%20Baker`)).json();
    expect(view).toMatchObject({
      room: "C1",
      thread: { messages: [{ text: "<@UBOT> is 1 < 2 & 3?", author: { name: "Ann Archer" }, mine: false }] },
    });
  });

  test("a private word is shown to its person alone", async () => {
    await using page = await openPage();
    await page.rig.call("chat.postEphemeral", { channel: "C1", user: "UANN", text: "only you" });
    const view = async (user: string) => (await fetch(`${page.url}api/view?platform=slack&room=C1&user=${user}`)).text();

    expect(await view("Ann Archer")).toContain("only you");
    expect(await view("Ben Baker")).not.toContain("only you");
  });

  test("a line that begins with a slash is a command, and the stop button stops", async () => {
    await using page = await openPage();
    const said = await page.act(hello);
    const stop = { kind: "stop", platform: "slack", room: "C1", user: "UANN", thread: said.body.message };

    expect((await page.act({ ...hello, text: "/agent status" })).status).toBe(200);
    expect(await page.act(stop)).toMatchObject({ status: 400, body: { error: "this thread shows no stop button" } });
    await page.rig.call("agents.sessions.setStatus", { channel_id: "C1", thread_ts: said.body.message, status: "processing" });
    expect((await page.act(stop)).status).toBe(200);
    await page.rig.slack.settled();

    expect(page.rig.received.some(({ raw }) => raw.includes("command=%2Fagent"))).toBe(true);
    expect(page.rig.events("agent_session_stopped")).toHaveLength(1);
  });

  test("nobody else's page can act: not without the token, from another origin, or under another name", async () => {
    await using page = await openPage();
    const { host } = new URL(page.url);

    expect((await page.act(hello, { "x-page-token": "" })).status).toBe(403);
    expect((await page.act(hello, { "x-page-token": "x".repeat(page.token.length) })).status).toBe(403);
    expect((await page.act(hello, { origin: "http://evil.test" })).status).toBe(403);
    expect((await page.act(hello, { "content-type": "text/plain" })).status).toBe(403);
    expect(await page.statusWith({ host: "evil.test" })).toBe(403);
    expect(await page.statusWith({ host: `evil.test:${new URL(page.url).port}` }, "")).toBe(403);
    expect(await page.statusWith({ host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" })).toBe(403);
    expect(await page.statusWith({ host })).toBe(200);
    expect(page.rig.slack.channel("C1")).toEqual([]);
  });

  test("what is not an act is refused in words", async () => {
    await using page = await openPage();

    expect((await page.act({ kind: "dance" })).status).toBe(400);
    expect((await page.act({ ...hello, text: " " })).status).toBe(400);
    expect((await page.act({ ...hello, room: "C404" })).body.error).toBe("there is no channel C404");
    expect((await page.act({ ...hello, text: "x".repeat(200_000) })).status).toBe(400);
    expect(
      (
        await fetch(`${page.url}api/view`, {
          method: "DELETE",
          headers: { "content-type": "application/json", "x-page-token": page.token },
        })
      ).status,
    ).toBe(405);
  });

  test("an open page hears of a change, and of a bridge that does not answer", async () => {
    await using page = await openPage();
    const ending = new AbortController();
    const news = await fetch(`${page.url}api/news`, { signal: ending.signal });
    const lines = news.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const hear = async (pattern: RegExp) => {
      while (!pattern.test(heard)) heard += (await lines?.read())?.value ?? "";
    };

    await hear(/event: changed/);
    heard = "";
    page.rig.answer(() => 500);
    await page.act(hello);
    await hear(/event: changed/);
    await hear(/event: trouble\ndata: .*did not take this/);
    ending.abort();
    expect(news.headers.get("content-type")).toBe("text/event-stream");
  });
});
