import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import type { JWTPayload } from "jose";
import { createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createPusher, forgedTask, post, tokenHeader } from "../../support/systems/pushes.ts";
import { createSigner, type Signer } from "../../support/systems/signer.ts";
import { until } from "../../support/until.ts";

const stage = createStage();
const deaf = { get: false, list: false, resubscribe: false };

interface Registered {
  readonly scheme: string;
  readonly credentials: string;
}

/** An agent whose message waits for its push, guarded as the configuration says. `headers` go along with its own pushes. */
async function setUp(push: Readonly<Record<string, unknown>>, headers?: () => Promise<Readonly<Record<string, string>>>) {
  const pusher = createPusher();
  const sent: Readonly<Record<string, string>>[] = [];
  const agent = await stage.agent({
    script: pusher.script,
    fetch: async (url, init) => {
      const all = { ...Object.fromEntries(new Headers(init?.headers)), ...(await headers?.()) };
      sent.push(all);
      return fetch(url, { ...init, headers: all });
    },
  });
  const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url, delivery: ["push"], operations: deaf, push } } } });
  const chat = createChat(slack);
  await chat.say("one");
  await until(() => agent.tasks().length === 1);
  const url = agent.received[0]?.pushUrl ?? "";
  const { id = "", contextId = "" } = agent.tasks()[0] ?? {};
  return { pusher, agent, chat, url, sent, forged: forgedTask({ id, contextId }, "COMPLETED") };
}

describe.each(["bearer", "basic"] as const)("pushes with %s", (auth) => {
  test("bring the answer with the credential that was registered, and with nothing else", async () => {
    const { pusher, agent, chat, url, sent, forged } = await setUp({ auth });
    await until(() => sent.length > 0);
    expect(agent.received[0]?.pushToken ?? "").toBe("");
    const registered = read(sent[0]?.authorization);
    expect(registered.scheme.toLowerCase()).toBe(auth);
    expect(registered.credentials.length).toBeGreaterThan(20);
    for (const headers of [
      {},
      { authorization: `${registered.scheme} wrong` },
      { authorization: `${registered.scheme} ${registered.credentials.slice(0, -4)}` },
      { authorization: `${registered.scheme}` },
      { authorization: `Digest ${registered.credentials}` },
      { authorization: `Basic ${Buffer.from("bridge:").toString("base64")}` },
      tokenHeader("wrong"),
    ])
      expect(await post(url, forged, headers)).toBe(404);
    expect(chat.replies()).toEqual([]);
    pusher.open();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
    expect(agent.pushes.every(({ status }) => status === 200)).toBe(true);
  });
});

function read(authorization = ""): Registered {
  const [scheme = "", credentials = ""] = authorization.split(" ");
  return { scheme, credentials };
}

describe("signed pushes", () => {
  const audience = "https://bridge.example/push";
  const issuer = "https://agent.example";

  async function setUpSigned(before: (signer: Signer) => void = () => undefined) {
    const signer = await createSigner();
    before(signer);
    stage.owns(() => signer.stop());
    const good = (more: JWTPayload = {}): JWTPayload => {
      const now = Math.floor(Date.now() / 1_000);
      return { iss: issuer, aud: audience, iat: now, exp: now + 300, jti: randomUUID(), ...more };
    };
    const scene = await setUp({ auth: "jwt", jwt: { jwksUrl: signer.jwksUrl, issuer, audience } }, () => signer.bearer(good()));
    return { ...scene, signer, good };
  }

  /** The claims without one of them. */
  const lacking = (claims: JWTPayload, name: string): JWTPayload =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

  test("bring the answer when they are signed as the configuration says, and the keys are asked for once", async () => {
    const { pusher, agent, chat, signer } = await setUpSigned();
    expect(agent.received[0]?.pushToken ?? "").toBe("");
    pusher.open();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
    expect(agent.pushes.every(({ status }) => status === 200)).toBe(true);
    expect(signer.asked).toBe(1);
  });

  const hour = 3_600;
  const claims: readonly (readonly [string, (good: JWTPayload) => JWTPayload])[] = [
    ["for somebody else", (good) => ({ ...good, aud: "https://other.example" })],
    ["for nobody", (good) => lacking(good, "aud")],
    ["of another issuer", (good) => ({ ...good, iss: "https://evil.example" })],
    ["that has expired", (good) => ({ ...good, exp: Number(good.iat) - 120, iat: Number(good.iat) - 240 })],
    ["that never expires", (good) => lacking(good, "exp")],
    [
      "that was issued long ago, however long it is good for",
      (good) => ({ ...good, iat: Number(good.iat) - hour, exp: Number(good.exp) + hour }),
    ],
    ["of the future", (good) => ({ ...good, iat: Number(good.iat) + hour, nbf: Number(good.iat) + hour, exp: Number(good.exp) + hour })],
    ["without a time", (good) => lacking(good, "iat")],
    ["without an id of its own", (good) => lacking(good, "jti")],
  ];
  test("are refused with a token for the wrong audience, issuer or time, or signed by nobody who counts", async () => {
    const { pusher, chat, url, forged, signer, good } = await setUpSigned();
    const stranger = await createSigner();
    const unknownKey = await createSigner("key-2");
    stage.owns(() => Promise.all([stranger.stop(), unknownKey.stop()]));
    for (const [what, change] of claims) expect([what, await post(url, forged, await signer.bearer(change(good())))]).toEqual([what, 404]);
    const none = `${toBase64({ alg: "none" })}.${toBase64(good())}.`;
    const { authorization = "" } = await signer.bearer(good());
    const [head, , signature] = authorization.replace("Bearer ", "").split(".");
    const foreign: readonly Readonly<Record<string, string>>[] = [
      {},
      await stranger.bearer(good()),
      await unknownKey.bearer(good()),
      await signer.bearer(good(), await signer.publicBytes()),
      { authorization: `Bearer ${none}` },
      { authorization: `Bearer ${head}.${toBase64(good())}.${signature}` },
      { authorization: "Bearer not.a.token" },
      tokenHeader(authorization.replace("Bearer ", "x")),
    ];
    for (const [index, headers] of foreign.entries()) expect([index, await post(url, forged, headers)]).toEqual([index, 404]);
    expect(await post(url.replace(/[^/]+$/, "guessed"), forged, await signer.bearer(good()))).toBe(404);
    expect(chat.replies()).toEqual([]);
    pusher.open();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
  });

  test("cannot be used again for another body; the same body again is a repetition and is posted once", async () => {
    const { pusher, agent, chat, url, forged, sent, signer, good } = await setUpSigned();
    pusher.open();
    await chat.heard(1);
    await until(() => agent.pushes.some(({ body }) => body.includes("COMPLETED")));
    const last = agent.pushes.length - 1;
    const token = { authorization: sent[last]?.authorization ?? "" };
    expect(await post(url, forged, token)).toBe(404);
    expect(await post(url, agent.pushes[last]?.body ?? "", token)).toBe(200);
    const own = await signer.bearer(good());
    expect(await post(url, agent.pushes[last]?.body ?? "", own)).toBe(200);
    expect(await chat.ask("two")).toBe("Answer to two");
    expect(chat.replies()).toEqual(["Answer to one", "Answer to two"]);
  });

  test("are sent back for later while the keys cannot be had, and nothing is taken unchecked", async () => {
    const { pusher, agent, chat, url, signer, good, forged } = await setUpSigned((signer) => signer.fail(500));
    expect(await post(url, forged, await signer.bearer(good()))).toBe(503);
    await signer.stop();
    expect(await post(url, forged, await signer.bearer(good()))).toBe(503);
    pusher.open();
    await until(() => agent.pushes.some(({ body }) => body.includes("COMPLETED")));
    expect(new Set(agent.pushes.map(({ status }) => status))).toEqual(new Set([503]));
    expect(chat.replies()).toEqual([]);
  });

  test("are taken as soon as the keys can be had", async () => {
    const { pusher, agent, chat, signer } = await setUpSigned((signer) => signer.fail(500));
    pusher.open();
    await until(() => agent.pushes.some(({ body }) => body.includes("COMPLETED")));
    signer.fail(undefined);
    expect(await agent.pushFor(agent.tasks()[0]?.id ?? "")).toBe(200);
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
  });
});

const toBase64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
