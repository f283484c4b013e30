import type { Dispatch } from "./events.ts";
import type { Interactions } from "./interactions.ts";
import { bot, type Message } from "./message.ts";
import { may, type Permission } from "./permissions.ts";
import { type Channel, findMessage, isThread, type Realm } from "./realm.ts";
import { refuse } from "./refusal.ts";

/** What calls of the API may touch. */
export interface Desk {
  readonly realm: Realm;
  readonly interactions: Interactions;
  /** Within which two posts with the same enforced nonce are one. */
  readonly nonceWindowMs: number;
  /** How often a message older than an hour may be edited; beyond it comes 30046. */
  readonly oldEdits: number;
  /** Bytes of one file. */
  readonly fileLimit: number;
  /** Tells the sessions of the gateway. */
  tell(event: Dispatch): void;
  /** Notes what no client of the service should do. */
  violation(words: string): void;
}

/** The channel, if the bot can see it. */
export function requireChannel({ realm }: Desk, id: string): Channel {
  const channel = realm.channels.get(id);
  if (channel === undefined) return refuse("unknownChannel");
  return may(realm, channel, bot, "viewChannel") ? channel : refuse("missingAccess");
}

export function requirePermission({ realm }: Desk, channel: Channel, permission: Permission): void {
  if (!may(realm, channel, bot, permission)) refuse("missingPermissions");
}

/** A message that everybody can see. */
export function requireMessage(channel: Channel, id: string): Message {
  const message = findMessage(channel, id);
  return message === undefined || message.onlyFor !== undefined ? refuse("unknownMessage") : message;
}

/** Whether the bot may write here; an archived thread opens again by it, unless it is locked (docs: threads). */
export function requireWritable(desk: Desk, channel: Channel): void {
  requirePermission(desk, channel, isThread(channel) ? "sendMessagesInThreads" : "sendMessages");
  if (channel.thread?.locked && !may(desk.realm, channel, bot, "manageThreads")) refuse("threadLocked");
}
