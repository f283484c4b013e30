import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../../model/clock.ts";

/** Whom a token is from and for. Times are seconds since 1970. */
export interface TokenFacts {
  readonly issuer: string;
  readonly audience: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly claims?: JWTPayload;
  /** Another key id than that of the published key. */
  readonly keyId?: string;
  /** Signed with a key that is not the published one, under its name. */
  readonly forged?: boolean;
}

/** The key with which the simulated service signs, published as a JWKS. */
export interface Keys {
  readonly published: JSONWebKeySet;
  sign(facts: TokenFacts): Promise<string>;
  /** The claims, or undefined when the token is not a good one of ours for this audience. */
  verify(token: string, expected: { readonly issuer: string; readonly audience: string }): Promise<JWTPayload | undefined>;
}

const keyId = "simulated-1";

/** The published key is endorsed for Teams only (docs: Bot Framework authentication, "endorsements"). */
export async function createKeys(clock: Clock): Promise<Keys> {
  const [pair, stranger] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: keyId, use: "sig", alg: "RS256", endorsements: ["msteams"] };
  return {
    published: { keys: [jwk] },
    sign: ({ issuer, audience, issuedAt, expiresAt, claims = {}, keyId: kid = keyId, forged = false }) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", typ: "JWT", kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(forged ? stranger.privateKey : pair.privateKey),
    async verify(token, expected) {
      try {
        return (await jwtVerify(token, pair.publicKey, { ...expected, currentDate: new Date(clock.now()) })).payload;
      } catch {
        return undefined; // whatever is wrong with it, it is not good
      }
    },
  };
}
