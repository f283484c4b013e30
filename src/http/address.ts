import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** An address that the bridge must not dial. `message` says which, and what an admin can do. */
class BlockedAddress extends Error {
  override readonly name = "BlockedAddress";
  readonly code = "EBLOCKED";
  constructor(host: string, address: string) {
    const named = host === address ? address : `${host} (${address})`;
    super(`${named} is a private or special address; allow it with outbound.allowPrivateNetworks if it is meant`);
  }
}

/** Whether an IP literal may be dialled. */
export type AddressCheck = (address: string) => boolean;

/** What `allowPrivateNetworks: true` opens. Link-local stays shut (cloud metadata lives there) until a CIDR names it. */
const privateRanges = new Set(["private", "loopback", "uniqueLocal", "carrierGradeNat"]);
/** RFC 4291: the only part of IPv6 that is handed out as global unicast. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
const mostDecided = 1_000;

/** Public unicast addresses, and those an admin named. Throws on something that is no CIDR or address. */
export function createAddressCheck(allowPrivateNetworks: boolean | readonly string[]): AddressCheck {
  const allowed = typeof allowPrivateNetworks === "boolean" ? [] : allowPrivateNetworks.map(parseNetwork);
  const decide = (text: string) => {
    if (!ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text); // unwraps ::ffff:a.b.c.d
    if (allowed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))) return true;
    const range = address.range();
    if (range === "unicast") return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
    return allowPrivateNetworks === true && privateRanges.has(range);
  };
  // An agent that is configured by its address is asked for at every message.
  const decided = new Map<string, boolean>();
  return (text) => {
    const known = decided.get(text);
    if (known !== undefined) return known;
    if (decided.size >= mostDecided) decided.clear();
    const isAllowed = decide(text);
    decided.set(text, isAllowed);
    return isAllowed;
  };
}

/** `10.0.0.0/8`, `fd00::/8` or a single address. Throws on anything else. */
function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** Throws BlockedAddress for a forbidden IP literal: literals never reach a lookup. Names pass. */
export function checkLiteral(hostname: string, check: AddressCheck): void {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !check(host)) throw new BlockedAddress(host, host);
}

/** A lookup that answers with permitted addresses only. What it answers is what is dialled, so a rebound name gains nothing. */
export function createLookup(check: AddressCheck, lookup: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (err, found) => {
      if (err) return callback(err, []);
      const list = typeof found === "string" ? [{ address: found, family: isIP(found) }] : found;
      const permitted = list.filter((entry) => check(entry.address));
      const first = permitted[0];
      if (first === undefined) return callback(new BlockedAddress(hostname, list[0]?.address ?? "no address"), []);
      if (options.all) return callback(null, permitted);
      callback(null, first.address, first.family);
    });
  };
}
