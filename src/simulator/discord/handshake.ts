import { z } from "zod";
import { intents } from "./events.ts";
import { bot } from "./message.ts";
import type { Realm } from "./realm.ts";
import type { Session } from "./session.ts";
import { toGuild, toUser } from "./wire.ts";

/** Docs: identify, resume. */
export const identifySchema = z.object({
  token: z.string(),
  intents: z.number().int(),
  properties: z.object({ os: z.string(), browser: z.string(), device: z.string() }),
});
export const resumeSchema = z.object({ token: z.string(), session_id: z.string(), seq: z.number().int().min(0) });

const frameSchema = z.object({ op: z.number().int(), d: z.unknown() });

/** What a client sent; undefined when it cannot be read or is longer than 4096 bytes. */
export function readFrame(raw: string): { readonly op: number; readonly d: unknown } | undefined {
  if (raw.length > 4_096) return undefined;
  try {
    const { op, d } = frameSchema.parse(JSON.parse(raw));
    return { op, d };
  } catch {
    return undefined; // the connection is closed for it
  }
}

const allIntents = (1 << 26) - 1;

/** The close code and word for an identification that Discord does not take (docs: gateway close event codes). */
export function refusalOf({ app }: Realm, asked: z.infer<typeof identifySchema>): [number, string] | undefined {
  if (asked.token !== app.token) return [4004, "Authentication failed."];
  if ((asked.intents & ~allIntents) !== 0) return [4013, "Invalid intent(s)."];
  const allowed = app.messageContent ? intents.messageContent : 0;
  const privileged = asked.intents & (intents.guildMembers | intents.presences | intents.messageContent);
  return (privileged & ~allowed) === 0 ? undefined : [4014, "Disallowed intent(s)."];
}

/** What a new session is told first: READY, and then each guild. */
export function greeting(realm: Realm, session: Session): readonly { readonly name: string; readonly data: unknown }[] {
  const person = realm.people.get(bot);
  const guilds = [...realm.guilds.values()].filter(({ members }) => members.has(bot));
  const ready = {
    v: 10,
    session_id: session.id,
    session_type: "normal",
    resume_gateway_url: gatewayUrl(realm),
    user: person && toUser(person),
    guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
    private_channels: [],
    application: { id: realm.app.id, flags: realm.app.messageContent ? 1 << 19 : 0 },
  };
  const heard = (session.intents & intents.guilds) === 0 ? [] : guilds;
  return [{ name: "READY", data: ready }, ...heard.map((guild) => ({ name: "GUILD_CREATE", data: toGuild(realm, guild) }))];
}

export function gatewayUrl({ address }: Realm): string {
  return address.replace("http", "ws");
}
