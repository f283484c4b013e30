import { expect, test } from "@jest/globals";
import { createWeb } from "../../../adapters/slack/web.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { createManualClock } from "./manual-clock.ts";

const signal = new AbortController().signal;

/** Slack's Web API as one answer to every call, and what it was asked. */
function answering(body: string, init: ResponseInit = {}) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const web = createWeb({
    token: "xoxb-1",
    apiUrl: "https://slack.test/api",
    clock: systemClock,
    fetch: async (url, given) => {
      asked.push({ url: String(url), init: given });
      return new Response(body, init);
    },
  });
  return { web, asked };
}

const post = { channel: "C1", text: "a & b ä", blocks: [{ type: "markdown", text: "*a*" }], unfurl_links: false } as const;

test("a call is a form with the token in its head, with lists as JSON in it", async () => {
  const { web, asked } = answering('{"ok":true,"ts":"1.2"}');

  const answer = await web.call("chat.postMessage", "post", { ...post, blocks: [...post.blocks] }, signal);

  expect(answer.ts).toBe("1.2");
  const [{ url, init } = { url: "", init: undefined }] = asked;
  expect(url).toBe("https://slack.test/api/chat.postMessage");
  expect(init).toMatchObject({ method: "POST", redirect: "error" });
  expect(new Headers(init?.headers).get("authorization")).toBe("Bearer xoxb-1");
  expect(new Headers(init?.headers).get("content-type")).toBe("application/x-www-form-urlencoded");
  expect(Object.fromEntries(new URLSearchParams(String(init?.body)))).toEqual({
    channel: "C1",
    text: "a & b ä",
    blocks: '[{"type":"markdown","text":"*a*"}]',
    unfurl_links: "false",
  });
});

test("the scopes of the token come with the answer", async () => {
  const { web } = answering('{"ok":true,"team_id":"T1"}', { headers: { "x-oauth-scopes": "chat:write , users:read" } });
  const answer = await web.call("auth.test", "read", {}, signal);
  expect([answer.team_id, answer.response_metadata?.scopes]).toEqual(["T1", ["chat:write", "users:read"]]);
});

test.each([
  [
    "that is refused",
    '{"ok":false,"error":"channel_not_found"}',
    {},
    { kind: "threadGone", message: "chat.postMessage: channel_not_found" },
  ],
  ["that says neither yes nor no", "{}", {}, { kind: "ambiguous", message: "chat.postMessage: the answer is not Slack's" }],
  ["that is a page", "<html>secret", {}, { kind: "ambiguous", message: "chat.postMessage: the answer is not Slack's", cause: undefined }],
  ["of a broken server", "oh", { status: 503 }, { kind: "ambiguous", message: "chat.postMessage: HTTP 503" }],
  ["to wait", "", { status: 429, headers: { "retry-after": "7" } }, { kind: "rateLimited", retryAfterMs: 7_000 }],
  ["to wait without a time", "", { status: 429, headers: { "retry-after": "soon" } }, { kind: "rateLimited", retryAfterMs: 30_000 }],
  [
    "to wait, in JSON",
    '{"ok":false,"error":"ratelimited"}',
    { headers: { "retry-after": "9" } },
    { kind: "rateLimited", retryAfterMs: 9_000 },
  ],
] as const)("an answer %s is told as such", async (_what, body, init, expected) => {
  const { web } = answering(body, init);
  await expect(web.call("chat.postMessage", "post", { channel: "C1", text: "a" }, signal)).rejects.toMatchObject(expected);
});

test("the caller's signal ends a call, so does its time, and one that is aborted already begins none", async () => {
  const stop = new AbortController();
  const clock = createManualClock();
  let calls = 0;
  const web = createWeb({
    token: "xoxb-1",
    apiUrl: "https://slack.test/api/",
    clock,
    fetch: (_url, init) => {
      calls += 1;
      return new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    },
  });
  const call = web.call("users.info", "read", { user: "U1" }, stop.signal);

  stop.abort(new Error("the bridge is stopping"));

  await expect(call).rejects.toMatchObject({ kind: "unavailable", cause: new Error("the bridge is stopping") });
  await expect(web.call("users.info", "read", { user: "U1" }, stop.signal)).rejects.toMatchObject({ kind: "unavailable" });
  expect(calls).toBe(1);

  const slow = expect(web.call("users.info", "read", { user: "U1" }, signal)).rejects.toMatchObject({ kind: "unavailable" });
  await clock.advance(10_000);
  await slow;
});
