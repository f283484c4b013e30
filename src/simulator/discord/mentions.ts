import { z } from "zod";
import type { Calls } from "./message.ts";
import { may } from "./permissions.ts";
import { type Channel, personOf, type Realm } from "./realm.ts";
import { refuseForm } from "./refusal.ts";

/** Docs: allowed mentions object. */
export const allowedSchema = z.object({
  parse: z.array(z.enum(["roles", "users", "everyone"])).optional(),
  roles: z.array(z.string()).max(100).optional(),
  users: z.array(z.string()).max(100).optional(),
  replied_user: z.boolean().optional(),
});

export type Allowed = z.infer<typeof allowedSchema>;

interface Written {
  /** Who wrote it: a short id. */
  readonly user: string;
  readonly text: string;
  /** Undefined: everything that is written calls. */
  readonly allowed: Allowed | undefined;
  /** The author of the message that is answered. */
  readonly replied: string | undefined;
}

/** Whom a text calls, after what its author allows and may. */
export function toCalls(realm: Realm, channel: Channel, { user, text, allowed, replied }: Written): Calls {
  if (allowed) checkAllowed(allowed);
  const guild = realm.guilds.get(channel.guild ?? "");
  const parses = (what: "roles" | "users" | "everyone") => allowed === undefined || (allowed.parse ?? []).includes(what);
  const mayCallAll = may(realm, channel, user, "mentionEveryone");
  const plain = withoutCode(text);
  const people = ids(plain, /<@!?(\d+)>/g).filter((id) => parses("users") || allowed?.users?.includes(id));
  const roles = ids(plain, /<@&(\d+)>/g).filter((id) => parses("roles") || allowed?.roles?.includes(id));
  const answered = replied !== undefined && (allowed === undefined || allowed.replied_user === true) ? [replied] : [];
  return {
    people: [...new Set([...answered, ...people.flatMap((id) => personOf(realm, id)?.id ?? [])])],
    roles: roles.filter((id) => guild?.roles.get(id) !== undefined && (guild.roles.get(id)?.mentionable || mayCallAll)),
    everyone: /@(everyone|here)/.test(plain) && guild !== undefined && mayCallAll && parses("everyone"),
  };
}

/** What appears as a notification: short ids, `@everyone`, `@<role name>`. */
export function toPings(realm: Realm, { guild }: Channel, { people, roles, everyone }: Calls): readonly string[] {
  const names = roles.map((id) => `@${realm.guilds.get(guild ?? "")?.roles.get(id)?.name}`);
  return [...people, ...names, ...(everyone ? ["@everyone"] : [])];
}

function ids(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, id]) => id ?? []);
}

/** Mentions inside code are shown as they are written. */
function withoutCode(text: string): string {
  return text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "");
}

function checkAllowed({ parse = [], users = [], roles = [] }: Allowed): void {
  for (const [name, list] of [["users", users] as const, ["roles", roles] as const]) {
    if (parse.includes(name) && list.length > 0)
      refuseForm(
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        `parse:["${name}"] and ${name}: [ids...] are mutually exclusive.`,
      );
  }
}
