import { createCipheriv, createDecipheriv, createHash, createHmac, hash, randomBytes, scryptSync } from "node:crypto";
import type { Sealed } from "./schema.ts";

/** A sealed text that does not open: it was sealed with another key, or was changed or moved. */
export class SealedError extends Error {
  override readonly name = "SealedError";
}

/** Keeps what people and agents said: under AES-256-GCM where there is a key, plain where there is none. */
export interface Vault {
  readonly keyId: string | null;
  /** `place` binds the text to where it stands: a sealed text that was moved elsewhere does not open. */
  seal(text: string, place: string): Sealed;
  /** Throws SealedError when the text was sealed with another key or was tampered with. */
  open(sealed: Sealed, place: string): string;
  /** A fingerprint that outlives the text; with a key it cannot be guessed without it. */
  hash(text: string, place: string): string;
}

const ivBytes = 12;
const tagBytes = 16;

export function createVault(encryptionKey: string | undefined): Vault {
  if (encryptionKey === undefined) return plainVault;
  const key = scryptSync(encryptionKey, "a2a-chat-bridge content", 32);
  const keyId = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return {
    keyId,
    seal(text, place) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return { key_id: keyId, body: Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64") };
    },
    open(sealed, place) {
      if (sealed.key_id === null) return sealed.body;
      if (sealed.key_id !== keyId) throw new SealedError(`content is sealed with key ${sealed.key_id}, not with ${keyId}`);
      return decrypt(key, sealed.body, place);
    },
    hash: (text, place) => createHmac("sha256", key).update(`${place}\n${text}`).digest("hex"),
  };
}

const plainVault: Vault = {
  keyId: null,
  seal: (text) => ({ key_id: null, body: text }),
  open(sealed) {
    if (sealed.key_id !== null) throw new SealedError(`content is sealed with key ${sealed.key_id}, and there is no key`);
    return sealed.body;
  },
  hash: (text, place) => hash("sha256", `${place}\n${text}`, "hex"),
};

function decrypt(key: Buffer, body: string, place: string): string {
  const bytes = Buffer.from(body, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes)).setAAD(Buffer.from(place));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new SealedError("sealed content does not open: it was changed or moved", { cause });
  }
}
