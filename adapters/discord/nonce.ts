import { createHash } from "node:crypto";

const digits = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * What marks one post, the same in every try: with `enforce_nonce` Discord makes no second message of it for some minutes. 25 characters
 * at most. https://discord.com/developers/docs/resources/message#create-message
 */
export function toNonce(deliveryId: string): string {
  const bytes = createHash("sha256").update(deliveryId).digest();
  return [...bytes.subarray(0, 25)].map((byte) => digits[byte % 32]).join("");
}
