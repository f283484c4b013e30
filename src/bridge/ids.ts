import { hash as digest } from "node:crypto";

/** By which a text or a secret is recognised without being kept. */
export function hash(text: string): string {
  return digest("sha256", text, "base64url");
}

/** A UUID that is always the same for the same text (RFC 9562, version 8), so that a repeated step can be recognised. */
export function toUuid(text: string): string {
  const hex = digest("sha256", text, "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The row of an event; edits and deletes name it. */
export const eventRow = (eventId: string): string => `event:${eventId}`;

/** The row of a message's turn, and the turn itself. */
export const taskRow = (eventId: string): string => `task:${eventId}`;

/** By which the delivery is found that asked something for a turn. */
export const asksKey = (turnId: string): string => `asks:${turnId}`;

/** The delivery of the nth reply of a turn. */
export const toPostId = (turnId: string, nth: number): string => `${turnId}#${nth}`;
