import { Routes } from "discord.js";
import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { Author, Sender, Standing } from "../../src/model/message.ts";
import { directWorkspace } from "./address.ts";
import { codes, discordCode } from "./errors.ts";
import type { Rest } from "./rest.ts";
import { type Member, memberSchema } from "./wire.ts";

const cachedMs = 60 * 60 * 1000;
/** Servers in which somebody is looked for who writes to the bot alone. */
const mostGuilds = 20;

export interface People {
  /** The person as the server knows them now, or knew them within the last hour. Discord gives bots no e-mail address of anybody. */
  find(author: Author, signal: AbortSignal): Promise<Sender>;
  /** The ids of the roles that somebody has in a server now. */
  roles(guild: string, user: string, signal: AbortSignal): Promise<readonly string[]>;
}

type Known = { readonly displayName: string; readonly standing: Standing };

export interface PeopleOptions {
  readonly rest: Rest;
  readonly openStore: OpenStore;
  /** The servers that are served: whoever is a member of one of them may write to the bot alone. */
  readonly guilds: () => readonly string[];
}

export function createPeople({ rest, openStore, guilds }: PeopleOptions): People {
  const store = openStore<Known>("discord-people");

  const inGuild = async (guild: string, user: string, signal: AbortSignal): Promise<Known> => {
    const key = `${guild}:${user}`;
    const cached = await store.get(key);
    if (cached) return cached;
    const known = toKnown(await ask(rest, guild, user, signal), user);
    await store.set(key, known, cachedMs);
    return known;
  };

  return {
    async find(author, signal) {
      const { id, workspace } = author;
      if (workspace !== directWorkspace) return { ...author, ...(await inGuild(workspace, id, signal)) };
      let best: Known = { displayName: id, standing: "stranger" };
      for (const guild of guilds().slice(0, mostGuilds)) {
        const known = await inGuild(guild, id, signal);
        if (known.standing !== "stranger") best = known;
        if (known.standing === "member") break;
      }
      return { ...author, ...best };
    },
    roles: async (guild, user, signal) => (await ask(rest, guild, user, signal))?.roles ?? [],
  };
}

/** Undefined for somebody who is not, or not any more, in the server. */
async function ask(rest: Rest, guild: string, user: string, signal: AbortSignal): Promise<Member | undefined> {
  try {
    const answer = await rest.call("get", Routes.guildMember(guild, user), { name: "member", purpose: "read" }, signal);
    const parsed = memberSchema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new DeliveryError("unavailable", "member: the answer is not Discord's", { cause: parsed.error });
  } catch (error) {
    const code = discordCode(error);
    if (code === codes.unknownMember || code === codes.unknownUser || code === codes.unknownGuild || code === codes.noAccess)
      return undefined;
    throw error;
  }
}

function toKnown(member: Member | undefined, id: string): Known {
  if (!member) return { displayName: id, standing: "stranger" };
  const { nick, user, pending } = member;
  const displayName = nick || user?.global_name || user?.username || id;
  if (user?.bot) return { displayName, standing: "bot" };
  // Whoever has not accepted the server's rules yet is not let in either.
  return { displayName, standing: pending ? "guest" : "member" };
}
