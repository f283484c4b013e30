import { randomUUID } from "node:crypto";

/** Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O and U, so that it can be read out. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Eight characters, drawn by chance: the database says when one was drawn before. */
export function createReference(): string {
  let reference = "";
  for (let bits = randomBits(); reference.length < 8; bits = Math.floor(bits / 32)) reference += alphabet.charAt(bits % 32);
  return reference;
}

/** 48 of them: the first two groups of a UUID are all chance, and Node has drawn for the next hundred already. */
function randomBits(): number {
  const uuid = randomUUID();
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/** A reference as somebody typed it: any case, with spaces or hyphens, O for 0, I or L for 1. */
export function toReference(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
}
