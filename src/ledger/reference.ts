import { randomBytes } from "node:crypto";

/** Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O and U, so that it can be read out. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Eight characters, drawn by chance: the database says when one was drawn before. */
export function createReference(): string {
  return [...randomBytes(8)].map((byte) => alphabet.charAt(byte % 32)).join("");
}

/** A reference as somebody typed it: any case, with spaces or hyphens, O for 0, I or L for 1. */
export function toReference(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
}
