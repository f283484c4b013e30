import { AgentCard, canonicalizeAgentCard, generateAgentCardSignature } from "@a2a-js/sdk";
import { describe, expect, test } from "@jest/globals";
import { exportJWK, FlattenedSign, generateKeyPair, type JWK } from "jose";
import { agentSchema } from "../../../src/agents/config.ts";
import { createVerify } from "../../../src/agents/signature.ts";
import { silentLog } from "../../../src/log.ts";
import { fakeClock } from "./fakes.ts";

const never = new AbortController().signal;
const place = "https://keys.example/jwks.json";
const card = {
  name: "signed",
  description: "d",
  version: "1",
  supportedInterfaces: [{ url: "https://agent.example/rpc", protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  capabilities: { streaming: true },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [],
};

async function createKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk: JWK & { kid: string; kty: string } = { kty: "EC", ...(await exportJWK(publicKey)), kid };
  return { jwk, privateKey, kid };
}

type Key = Awaited<ReturnType<typeof createKey>>;

/** As the SDK signs: the canonical form of what it knows of a card. */
async function signed({ privateKey, kid }: Key, jku?: string): Promise<Record<string, unknown>> {
  const header = { alg: "ES256", kid, typ: "JOSE", ...(jku && { jku }) };
  return Object(AgentCard.toJSON(await generateAgentCardSignature(privateKey, header)(AgentCard.fromJSON(card))));
}

/** As RFC 8785 has it: every field, in the order of its name. */
async function signedWhole({ privateKey, kid }: Key, whole: Record<string, unknown>): Promise<Record<string, unknown>> {
  const canonical = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(Reflect.get(value, key))}`).join(",")}}`;
  };
  const payload = new TextEncoder().encode(canonical(whole));
  const jws = await new FlattenedSign(payload).setProtectedHeader({ alg: "ES256", kid }).sign(privateKey);
  return { ...whole, signatures: [{ protected: jws.protected, signature: jws.signature }] };
}

function verifier(cardKeys: unknown, pages: Record<string, () => Response> = {}) {
  const asked: string[] = [];
  const clock = fakeClock();
  const fetchPage: typeof fetch = async (input) => {
    asked.push(String(input));
    return pages[String(input)]?.() ?? new Response(null, { status: 404 });
  };
  const keys = agentSchema.parse({ url: "https://agent.example", cardKeys }).cardKeys;
  const verify = createVerify({ name: "agent", keys, fetch: fetchPage, clock, log: silentLog, timeoutMs: 1000 });
  return {
    asked,
    clock,
    verify: (raw: unknown) => verify(raw, never),
    refusal: (raw: unknown) =>
      verify(raw, never).then(
        () => undefined,
        (error: unknown) => error,
      ),
  };
}

const refused = (explanation: RegExp) => ({ kind: "unsupported", explanation: expect.stringMatching(explanation) });

describe("a signed card", () => {
  test("is verified by a key of the configuration, as the SDK signs and as the RFC has it", async () => {
    const key = await createKey("k1");
    const { verify } = verifier({ keys: [key.jwk] });

    expect((await verify(await signed(key))).signature).toBe("verified");
    const whole = await signedWhole(key, { ...card, "x-extra": [1.5, "ä", { b: 1, a: null }] });
    expect(await verify(whole)).toMatchObject({ signature: "verified", raw: { "x-extra": [1.5, "ä", { b: 1, a: null }] } });
  });

  test("that was changed is refused", async () => {
    const key = await createKey("k1");
    const { refusal } = verifier({ keys: [key.jwk] });
    const changed = {
      ...(await signed(key)),
      supportedInterfaces: [{ url: "https://evil.example", protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
    };

    expect(await refusal(changed)).toMatchObject(refused(/not valid/));
  });

  test("keeps nothing that the signature does not cover", async () => {
    const key = await createKey("k1");
    const { verify } = verifier({ keys: [key.jwk] });
    const smuggled = { ...(await signed(key)), url: "https://evil.example", protocolVersion: "0.3", "x-extra": 1 };
    const { raw } = await verify(smuggled);

    expect(Object.keys(Object(raw))).not.toEqual(expect.arrayContaining(["url"]));
    expect(JSON.stringify(raw)).not.toContain("evil");
    expect(canonicalizeAgentCard(AgentCard.fromJSON(raw))).toBe(canonicalizeAgentCard(AgentCard.fromJSON(card)));
  });

  test("of somebody else, or of nobody, is refused; taken where it is not required", async () => {
    const [key, other] = [await createKey("k1"), await createKey("k2")];
    const strict = verifier({ keys: [key.jwk] });
    const lenient = verifier({ keys: [key.jwk], required: false });

    expect(await strict.refusal(await signed(other))).toMatchObject(refused(/not trusted/));
    expect(await strict.refusal(card)).toMatchObject(refused(/not signed/));
    expect((await lenient.verify(await signed(other))).signature).toBe("unchecked");
    expect((await lenient.verify(card)).signature).toBe("unsigned");
  });

  test("under a trusted key's name is refused even where none is required", async () => {
    const [key, thief] = [await createKey("k1"), await createKey("k1")];
    expect(await verifier({ keys: [key.jwk], required: false }).refusal(await signed(thief))).toMatchObject(refused(/not valid/));
  });

  test("with several signatures needs one that is good", async () => {
    const [key, other] = [await createKey("k1"), await createKey("k2")];
    const [mine, theirs] = [await signed(key), await signed(other)];
    const both = { ...mine, signatures: [Object(theirs.signatures)[0], Object(mine.signatures)[0]] };
    expect((await verifier({ keys: [key.jwk] }).verify(both)).signature).toBe("verified");
  });

  test("by a shared secret, or with a header that cannot be read, is nobody's", async () => {
    const key = await createKey("k1");
    const { refusal } = verifier({ keys: [key.jwk] });
    const secret = new TextEncoder().encode(JSON.stringify(key.jwk).padEnd(64, "x"));
    const jws = await new FlattenedSign(new TextEncoder().encode(canonicalizeAgentCard(AgentCard.fromJSON(card))))
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(secret);

    expect(await refusal({ ...card, signatures: [{ protected: jws.protected, signature: jws.signature }] })).toMatchObject(
      refused(/not valid/),
    );
    expect(await refusal({ ...card, signatures: [{ protected: "%", signature: "x" }, "no", null] })).toMatchObject(refused(/not trusted/));
  });

  test("is not checked where no key is configured", async () => {
    const key = await createKey("k1");
    const { verify } = verifier(undefined);
    expect((await verify(await signed(key))).signature).toBe("unchecked");
    expect((await verify(card)).signature).toBe("unsigned");
  });
});

describe("keys at an address", () => {
  test("are fetched once, and again for a key that is not among them", async () => {
    const [key, next] = [await createKey("k1"), await createKey("k2")];
    let keys = [key.jwk];
    const { asked, clock, verify, refusal } = verifier({ jwksUrl: place }, { [place]: () => Response.json({ keys }) });
    await verify(await signed(key));
    await verify(await signed(key));
    expect(asked).toEqual([place]);

    keys = [key.jwk, next.jwk];
    expect(await refusal(await signed(next))).toMatchObject(refused(/not trusted/));
    clock.advance(31_000);
    expect((await verify(await signed(next))).signature).toBe("verified");
    expect(asked).toHaveLength(2);
  });

  test("that a card names are used only if the address is listed", async () => {
    const thief = await createKey("k1");
    const pages = { [place]: () => Response.json({ keys: [] }), "https://evil.example/jwks": () => Response.json({ keys: [thief.jwk] }) };
    const { asked, refusal } = verifier({ jwksUrl: place }, pages);

    expect(await refusal(await signed(thief, "https://evil.example/jwks"))).toMatchObject(refused(/not trusted/));
    expect(asked).toEqual([place]);
  });

  test("a card may choose among those that are listed", async () => {
    const key = await createKey("k1");
    const other = "https://other.example/jwks";
    const { asked, verify } = verifier({ jwksUrl: [place, other] }, { [other]: () => Response.json({ keys: [key.jwk] }) });
    expect((await verify(await signed(key, other))).signature).toBe("verified");
    expect(asked).toEqual([other]);
  });

  test.each([
    [() => new Response(null, { status: 500 })],
    [() => new Response("<html>")],
    [() => Response.json({ keys: "none" })],
    [() => new Response(`{"keys":[${"[".repeat(1000)}`)],
    [() => Promise.reject<Response>(new TypeError("fetch failed"))],
  ])("that cannot be had leave the card unused for now (%#)", async (page) => {
    const key = await createKey("k1");
    const keys = agentSchema.parse({ url: "https://agent.example", cardKeys: { jwksUrl: place } }).cardKeys;
    const verify = createVerify({ name: "agent", keys, fetch: async () => page(), clock: fakeClock(), log: silentLog, timeoutMs: 1000 });
    await expect(verify(await signed(key), never)).rejects.toMatchObject({ name: "AgentError", kind: "unreachable" });
  });
});

test.each([
  [{}, /names no key/],
  [{ keys: [] }, /names no key/],
  [{ keys: [{ kty: "oct", kid: "k", k: "secret" }] }, /public key/],
  [{ keys: [{ kty: "EC", kid: "k", d: "private" }] }, /private key/],
  [{ jwksUrl: "keys.json" }, /https:\/\//],
])("keys such as %j are refused by the configuration", (cardKeys, message) => {
  const issues = agentSchema.safeParse({ url: "https://agent.example", cardKeys }).error?.issues ?? [];
  expect(JSON.stringify(issues)).toMatch(message);
});
