import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { Author, Sender, Standing } from "../../src/model/message.ts";
import { slackErrorName } from "./errors.ts";
import type { Names } from "./text.ts";
import type { Web } from "./web.ts";

const cachedMs = 60 * 60 * 1000;

/** The workspace that installed the bridge, and the organisation it may belong to. */
export interface Home {
  readonly team: string;
  readonly enterprise: string | undefined;
}

export interface People {
  /** The person as Slack's directory knows them now, or knew them within the last hour. */
  find(author: Author, home: Home, signal: AbortSignal): Promise<Sender>;
  /** Display names of those who are remembered. Asks nobody. */
  names(users: readonly string[], home: Home): Promise<Names>;
}

type Known = { readonly displayName: string; readonly workspace: string; readonly standing: Standing; readonly email?: string };

/** https://docs.slack.dev/reference/objects/user-object */
const userSchema = z.object({
  team_id: z.string().nullish(),
  name: z.string().nullish(),
  real_name: z.string().nullish(),
  deleted: z.boolean().nullish(),
  is_bot: z.boolean().nullish(),
  is_workflow_bot: z.boolean().nullish(),
  is_stranger: z.boolean().nullish(),
  is_restricted: z.boolean().nullish(),
  is_ultra_restricted: z.boolean().nullish(),
  is_email_confirmed: z.boolean().nullish(),
  enterprise_id: z.string().nullish(),
  enterprise_user: z.object({ enterprise_id: z.string().nullish() }).nullish(),
  profile: z.object({ display_name: z.string().nullish(), real_name: z.string().nullish(), email: z.string().nullish() }).nullish(),
});

type User = z.infer<typeof userSchema>;

export interface PeopleOptions {
  readonly web: Web;
  readonly openStore: OpenStore;
  /** Whether addresses are looked at. */
  readonly emails: boolean;
}

export function createPeople(options: PeopleOptions): People {
  const store = options.openStore<Known>("slack-people");
  const keyOf = (home: Home, user: string) => `${home.team}:${user}`;
  return {
    async find(author, home, signal) {
      const key = keyOf(home, author.id);
      const cached = await store.get(key);
      if (cached) return { id: author.id, ...cached };
      const user = await ask(options.web, author.id, signal);
      if (!user) return { ...author, displayName: author.id, standing: "stranger" };
      const { email, ...others } = toKnown(user, author, home);
      const known: Known = { ...others, ...(options.emails && email !== undefined && { email }) };
      await store.set(key, known, cachedMs);
      return { id: author.id, ...known };
    },
    async names(users, home) {
      const known = await Promise.all(users.map(async (user) => ({ user, found: await store.get(keyOf(home, user)) })));
      return new Map(known.flatMap(({ user, found }) => (found ? [[user, found.displayName]] : [])));
    },
  };
}

/** Undefined for somebody whom this workspace cannot see. */
async function ask(web: Web, user: string, signal: AbortSignal): Promise<User | undefined> {
  try {
    const answer = await web.call("users.info", "read", { user }, signal);
    const parsed = userSchema.safeParse(answer.user);
    if (parsed.success) return parsed.data;
    throw new DeliveryError("unavailable", "users.info: the answer is not Slack's", { cause: parsed.error });
  } catch (error) {
    const name = slackErrorName(error);
    if (name === "user_not_found" || name === "user_not_visible") return undefined;
    throw error;
  }
}

function toKnown(user: User, author: Author, home: Home): Known {
  const workspace = user.team_id ?? author.workspace;
  const standing = toStanding(user, workspace, home);
  const name = user.profile?.display_name || user.profile?.real_name || user.real_name || user.name || author.id;
  // Only a member's address may ever become an identity, so nobody else's is kept.
  const email = standing === "member" && user.is_email_confirmed === true ? user.profile?.email : undefined;
  return { displayName: name, workspace, standing, ...(email && { email }) };
}

function toStanding(user: User, workspace: string, home: Home): Standing {
  if (user.is_bot || user.is_workflow_bot) return "bot";
  if (user.deleted) return "deactivated";
  const enterprise = user.enterprise_user?.enterprise_id ?? user.enterprise_id;
  const sameEnterprise = home.enterprise !== undefined && enterprise === home.enterprise;
  if (user.is_stranger || (workspace !== home.team && !sameEnterprise)) return "stranger";
  if (user.is_restricted || user.is_ultra_restricted) return "guest";
  return "member";
}
