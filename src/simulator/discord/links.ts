import { createHmac } from "node:crypto";
import type { FileRef } from "./message.ts";
import type { Realm } from "./realm.ts";

/** A link to a file that can be used without a token for a while: `ex` and `is` are times in hexadecimal seconds, `hm` signs them. */
export function toLink(realm: Realm, channel: string, file: FileRef): string {
  const path = `/attachments/${channel}/${file.id}/${encodeURIComponent(file.name)}`;
  const issued = Math.floor(realm.clock.now() / 1_000);
  const ex = (issued + Math.round(realm.linkLifeMs / 1_000)).toString(16);
  const is = issued.toString(16);
  return `${realm.address}${path}?ex=${ex}&is=${is}&hm=${sign(realm, path, ex, is)}&`;
}

/** Whether this path and query were signed here and may still be used. */
export function isGoodLink(realm: Realm, path: string, query: URLSearchParams): boolean {
  const [ex, is, hm] = [query.get("ex") ?? "", query.get("is") ?? "", query.get("hm")];
  return hm === sign(realm, path, ex, is) && Number.parseInt(ex, 16) * 1_000 > realm.clock.now();
}

function sign({ linkKey }: Realm, path: string, ex: string, is: string): string {
  return createHmac("sha256", linkKey).update(`${path} ${ex} ${is}`).digest("hex");
}
