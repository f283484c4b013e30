import { createHash, createHmac } from "node:crypto";
import type { Config } from "./config.ts";

/** How a bridge shows that it is the one of this configuration: only who has the same secrets answers a challenge in the same way. */
export type Prove = (challenge: string) => string;

export const challengeHeader = "x-bridge-challenge";
export const proofHeader = "x-bridge-proof";

/** Undefined where the configuration has no secret of a platform to prove anything with. The proof tells nothing about the secrets. */
export function createProof({ slack, teams, discord, store }: Config): Prove | undefined {
  const secrets = [slack?.botToken, slack?.signingSecret, slack?.appToken, teams?.appPassword, discord?.token];
  if (secrets.every((secret) => secret === undefined)) return undefined;
  const key = createHash("sha256")
    .update(JSON.stringify([secrets, store.encryptionKey]))
    .digest();
  return (challenge) => createHmac("sha256", key).update(`a2a-chat-bridge ${challenge}`).digest("base64url");
}
