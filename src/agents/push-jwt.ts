import { createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import type { PushConfig } from "./config.ts";

/** Who signed a push, as far as the receiver must know: the token's own id, so that it cannot be used for another body. */
export interface SignedPush {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface PushVerifierOptions {
  readonly jwt: NonNullable<PushConfig["jwt"]>;
  /** The audience where the configuration names none. */
  readonly audience: string;
  /** The guarded way out. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
}

/** A token lives shortly: one that was issued long ago, or says nothing of its time, is refused. */
const longestLife = "15m";

/** The address of the keys is silent, answers with an error, or shows something else: that says nothing about the token. */
const withoutKeys: ReadonlySet<string> = new Set([errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code]);

/**
 * Checks the token of a push (A2A "streaming and asynchronous operations": iss, aud, iat, exp, jti; keys by kid from the JWKS).
 * Resolves to undefined for a token that proves nothing; rejects when the keys cannot be had, so that the sender tries again.
 */
export function createPushVerifier(options: PushVerifierOptions): (token: string) => Promise<SignedPush | undefined> {
  const { jwt, clock, log } = options;
  const keys = createRemoteJWKSet(new URL(jwt.jwksUrl), { [customFetch]: (url, init) => options.fetch(url, init), timeoutDuration: 5_000 });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: jwt.issuer,
        audience: jwt.audience ?? options.audience,
        algorithms: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
        requiredClaims: ["exp", "iat", "jti"],
        maxTokenAge: longestLife,
        clockTolerance: 60,
        currentDate: new Date(clock.now()),
      });
      return { id: payload.jti ?? "", expiresAt: (payload.exp ?? 0) * 1_000 + 60_000 };
    } catch (error) {
      if (!(error instanceof errors.JOSEError) || withoutKeys.has(error.code)) throw error;
      log.info({ reason: error.code }, "push token refused");
      return undefined;
    }
  };
}
