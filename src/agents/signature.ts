import { AgentCard, canonicalizeAgentCard } from "@a2a-js/sdk";
import { base64url, decodeProtectedHeader, flattenedVerify, importJWK, type JWK } from "jose";
import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { AgentError } from "../model/errors.ts";
import type { CardKeysConfig } from "./config.ts";
import { createKeySource } from "./keys.ts";

/** A card of which it is known whether somebody trusted signed it. `raw` holds nothing that is not signed where it is `verified`. */
export interface Verified {
  readonly raw: unknown;
  readonly signature: "verified" | "unsigned" | "unchecked";
}

/** Throws AgentError `unsupported` where the configuration does not accept the card. */
export type Verify = (raw: unknown, signal: AbortSignal) => Promise<Verified>;

export interface VerifyOptions {
  readonly name: string;
  /** Absent: nothing is checked, for without a key that is trusted a signature proves nothing. */
  readonly keys: CardKeysConfig | undefined;
  /** Without the agent's credentials. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number;
}

/**
 * Checks the signatures of a card as it came (A2A 1.0, section 8.4; RFC 7515). A key counts only if the configuration names it, or names
 * the place where the signature says it is to be had (`jku`). One good signature is enough; a signature that a trusted key does not
 * confirm refuses the card, required or not.
 */
export function createVerify(options: VerifyOptions): Verify {
  const { keys: config, name, log } = options;
  if (config === undefined) return async (raw) => ({ raw, signature: signaturesOf(raw).length > 0 ? "unchecked" : "unsigned" });
  const required = config.required ?? true;
  const source = createKeySource({ ...options, keys: config });

  return async (raw, signal) => {
    const signatures = signaturesOf(raw);
    if (signatures.length === 0 && required) throw refused("is not signed", "The agent's card is not signed, and this agent's must be.");
    let known = 0;
    for (const signature of signatures) {
      const jwk = await findKey(source, signature, signal);
      if (jwk === undefined) continue;
      known += 1;
      const verified = await verify(raw, signature, jwk);
      if (verified !== undefined) return { raw: verified, signature: "verified" };
    }
    if (known > 0)
      throw refused(
        "has a signature that is not valid",
        "The signature of the agent's card is not valid. The card may have been changed by somebody.",
      );
    if (signatures.length > 0 && required)
      throw refused(
        "is signed by nobody who is trusted",
        "The agent's card is signed with a key that is not trusted. An administrator must check `cardKeys`.",
      );
    if (signatures.length > 0) log.warn({ agent: name }, "the agent card is signed with a key that is not trusted");
    return { raw, signature: signatures.length > 0 ? "unchecked" : "unsigned" };
  };
}

interface Signature {
  readonly protected: string;
  readonly signature: string;
}

/** Signing with a secret that both sides have proves nothing here, so only these count. */
const algorithms = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

async function findKey(source: ReturnType<typeof createKeySource>, signature: Signature, signal: AbortSignal): Promise<JWK | undefined> {
  const { kid, jku } = headerOf(signature);
  return kid === undefined ? undefined : source(kid, jku, signal);
}

/**
 * What was signed, if it was signed with this key: the card as it came, or what the SDK's canonical form holds of it. In that form fields
 * that the SDK does not know are not covered, so they are left out.
 */
async function verify(raw: unknown, signature: Signature, jwk: JWK): Promise<unknown> {
  const forms = [
    { text: () => canonical(unsigned(raw)), card: () => unsigned(raw) },
    { text: () => canonicalizeAgentCard(AgentCard.fromJSON(raw)), card: () => AgentCard.toJSON(AgentCard.fromJSON(raw)) },
  ];
  for (const form of forms) {
    try {
      const payload = base64url.encode(form.text());
      await flattenedVerify({ payload, ...signature }, await importJWK(jwk, headerOf(signature).alg), { algorithms });
      return form.card();
    } catch {
      // Not signed in this form, or not by this key: the next form decides.
    }
  }
  return undefined;
}

function headerOf(signature: Signature): {
  readonly kid?: string | undefined;
  readonly jku?: string | undefined;
  readonly alg?: string | undefined;
} {
  try {
    const { kid, jku, alg } = decodeProtectedHeader(signature);
    return { kid, jku, alg };
  } catch {
    return {}; // a signature without a readable header is nobody's
  }
}

function signaturesOf(raw: unknown): readonly Signature[] {
  if (typeof raw !== "object" || raw === null || !("signatures" in raw) || !Array.isArray(raw.signatures)) return [];
  return raw.signatures
    .slice(0, maxSignatures)
    .flatMap((entry: unknown) =>
      typeof entry === "object" && entry !== null && "protected" in entry && "signature" in entry
        ? [{ protected: String(entry.protected), signature: String(entry.signature) }]
        : [],
    );
}

/** A card of a stranger must not make the bridge reckon for long. */
const maxSignatures = 8;

function unsigned(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  return Object.fromEntries(Object.entries(raw).filter(([key]) => key !== "signatures"));
}

/** RFC 8785: keys in order, no space, numbers and strings as ECMAScript writes them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(",")}}`;
}

function refused(what: string, explanation: string): AgentError {
  return new AgentError("unsupported", `the agent card ${what}`, { explanation });
}
