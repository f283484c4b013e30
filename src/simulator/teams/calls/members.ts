import type { Done } from "../call.ts";
import { type Desk, requirePlace } from "../desk.ts";
import { refuse } from "../refusal.ts";
import { findAccount, type Person, type Tenant } from "../tenant.ts";

/** `GET v3/conversations/<id>/members/<user>`: of a chat or a team, never of a thread (docs: get member details). */
export function readMember(desk: Desk, id: string, member: string): Done {
  const members = requireRoster(desk, id);
  const person = findAccount(desk.tenant, member);
  if (person === undefined || !members.has(person.id)) return refuse(404, "MemberNotFoundInConversation", "The member was not found.");
  return { status: 200, body: toAccount(person) };
}

export function readMembers(desk: Desk, id: string): Done {
  return { status: 200, body: toAccounts(desk.tenant, requireRoster(desk, id)) };
}

/** A page at a time; `continuationToken` says where the last one ended. */
export function readPagedMembers(desk: Desk, id: string, query: URLSearchParams): Done {
  const all = toAccounts(desk.tenant, requireRoster(desk, id));
  const from = Number(query.get("continuationToken") ?? 0);
  const to = from + Number(query.get("pageSize") ?? 200);
  return { status: 200, body: { members: all.slice(from, to), ...(to < all.length && { continuationToken: String(to) }) } };
}

function requireRoster(desk: Desk, id: string): ReadonlySet<string> {
  if (id.includes(";")) desk.violation("the roster of a thread was asked for; a channel's people are its team's");
  const { conversation, threadId } = requirePlace(desk, id);
  if (threadId !== undefined) return refuse(400, "BadSyntax", "Bad conversation id");
  return conversation.members;
}

function toAccounts(tenant: Tenant, members: ReadonlySet<string>): readonly unknown[] {
  return [...members].flatMap((id) => tenant.people.get(id) ?? []).map(toAccount);
}

/** A member as the service writes it. Federated and anonymous people come without user principal name and mail address. */
function toAccount(person: Person): unknown {
  const { accountId, objectId, name, userPrincipalName, email, tenantId, kind } = person;
  const [givenName = name, ...rest] = name.split(" ");
  return {
    id: accountId,
    name,
    givenName,
    surname: rest.join(" "),
    ...(objectId !== undefined && { objectId }),
    ...(email !== undefined && { email }),
    ...(userPrincipalName !== undefined && { userPrincipalName }),
    ...(kind !== "anonymous" && { tenantId }),
    userRole: kind === "guest" || kind === "anonymous" ? kind : "user",
  };
}
