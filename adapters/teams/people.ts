import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { Author, Sender, Standing } from "../../src/model/message.ts";
import { type TeamsAddress, toPlace } from "./address.ts";
import type { Connector } from "./connector.ts";
import { refusalOf } from "./errors.ts";
import { type Member, memberSchema } from "./wire.ts";

const cachedMs = 60 * 60 * 1000;

export interface People {
  /** The person as the roster knows them now, or knew them within the last hour. */
  find(author: Author, address: TeamsAddress, signal: AbortSignal): Promise<Sender>;
}

type Known = Omit<Sender, "id">;

export function createPeople(options: { readonly connector: Connector; readonly openStore: OpenStore; readonly local: boolean }): People {
  const store = options.openStore<Known>("teams-people");
  return {
    async find(author, address, signal) {
      const key = `${address.tenant}:${author.id}`;
      const cached = await store.get(key);
      if (cached) return { id: author.id, ...cached };
      const member = await ask(options.connector, author, address, signal).catch((error: unknown) => {
        // A local client need not have a roster. Whoever can reach it is whoever sits at this machine.
        if (options.local && refusalOf(error)) return undefined;
        throw error;
      });
      if (!member) return { ...author, displayName: author.id, standing: options.local ? "member" : "stranger" };
      const known = toKnown(member, author, address, options.local);
      await store.set(key, known, cachedMs);
      return { id: author.id, ...known };
    },
  };
}

/** Undefined for somebody who is not on the roster, such as a person from another organisation in a meeting. */
async function ask(connector: Connector, { id }: Author, address: TeamsAddress, signal: AbortSignal): Promise<Member | undefined> {
  const roster = address.kind === "channel" ? (address.team ?? toPlace(address.conversation).channel) : address.conversation;
  try {
    const parsed = memberSchema.safeParse(await connector.member(address, roster, address.user?.id ?? id, signal));
    if (parsed.success) return parsed.data;
    throw new DeliveryError("unavailable", "member: the answer is not the service's", { cause: parsed.error });
  } catch (error) {
    if (refusalOf(error)?.code === "MemberNotFoundInConversation") return undefined;
    throw error;
  }
}

function toKnown(member: Member, author: Author, { tenant, user }: TeamsAddress, local: boolean): Known {
  const directoryId = member.objectId ?? member.aadObjectId ?? undefined;
  const standing = toStanding(member, directoryId, tenant, local);
  // The roster must speak of the person that the verified activity names.
  const same = user?.directory === undefined || directoryId === undefined || user.directory.toLowerCase() === directoryId.toLowerCase();
  const name = member.name || author.id;
  const home = local ? author.workspace : (member.tenantId ?? author.workspace);
  if (!same) return { displayName: author.id, workspace: author.workspace, standing: "stranger" };
  const userPrincipalName = standing === "member" ? (member.userPrincipalName ?? undefined) : undefined;
  return {
    displayName: name,
    workspace: home,
    standing,
    ...(directoryId !== undefined && { directoryId }),
    // An address may be anybody's; only beside the name that the directory vouches for is it worth something.
    ...(userPrincipalName !== undefined && { userPrincipalName, ...(member.email && { email: member.email }) }),
  };
}

/** https://learn.microsoft.com/microsoftteams/platform/resources/teams-updates#guest-access and .../build-apps-for-shared-private-channels */
function toStanding(
  { tenantId, userRole, userPrincipalName }: Member,
  directoryId: string | undefined,
  tenant: string,
  local: boolean,
): Standing {
  if (userRole?.toLowerCase() === "guest" || userPrincipalName?.toUpperCase().includes("#EXT#")) return "guest";
  if (local) return "member";
  if (userRole?.toLowerCase() === "anonymous" || directoryId === undefined) return "stranger";
  return tenantId == null || tenantId.toLowerCase() !== tenant.toLowerCase() ? "stranger" : "member";
}
