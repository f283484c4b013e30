import type { Account, Accounts } from "../model/account.ts";
import type { AgentPolicy, IdentityField } from "../model/agent.ts";
import type { Sender } from "../model/message.ts";
import type { ThreadRef } from "../model/thread.ts";

/** Whom the admin trusts (configuration key `identity`). */
export interface IdentityRules {
  /** Trusted home workspaces; absent: the workspace of the thread. */
  readonly workspaces?: readonly string[] | undefined;
  /** Trusted e-mail domains; absent: any confirmed address. */
  readonly emailDomains?: readonly string[] | undefined;
  readonly external: "refuse" | "allow";
  /** The admin's own word on who somebody is; it counts more than the platform's. */
  readonly accounts: Accounts;
}

export type Verdict =
  | {
      readonly kind: "allowed";
      readonly metadata: Readonly<Record<string, string>>;
      readonly displayName: string;
      readonly userPrincipalName?: string;
    }
  /** `external`: the person is not ours. `silent`: not a person. */
  | { readonly kind: "refused"; readonly why: "external" | "deactivated" | "silent" }
  /** The agent wants an identity, and nobody vouches for this account; undefined for somebody who is not ours and can have none. */
  | { readonly kind: "refused"; readonly why: "unproven"; readonly account: Account | undefined };

/** Who the agent is told that this is (promise 6). Pure; a value that nobody confirmed is left out, never guessed. */
export function identify(sender: Sender, thread: ThreadRef, rules: IdentityRules, identity: AgentPolicy["identity"]): Verdict {
  if (sender.standing === "bot") return { kind: "refused", why: "silent" };
  if (sender.standing === "deactivated") return { kind: "refused", why: "deactivated" };
  const trusted = rules.workspaces ?? [thread.workspace];
  const ours = sender.standing === "member" && trusted.includes(sender.workspace);
  if (!ours && rules.external === "refuse") return { kind: "refused", why: "external" };
  const account = ours ? { platform: thread.platform, workspace: sender.workspace, user: sender.id } : undefined;
  const userPrincipalName = account && provenName(sender, account, rules);
  if (identity.required && userPrincipalName === undefined) return { kind: "refused", why: "unproven", account };
  const values: Record<IdentityField, string | undefined> = {
    userPrincipalName,
    platform: thread.platform,
    workspaceId: sender.workspace,
    userId: sender.id,
    displayName: sender.displayName,
  };
  const metadata: Record<string, string> = {};
  for (const field of identity.fields) {
    const value = values[field];
    if (value !== undefined) metadata[field] = value;
  }
  return { kind: "allowed", metadata, displayName: sender.displayName, ...(userPrincipalName === undefined ? {} : { userPrincipalName }) };
}

function provenName(sender: Sender, account: Account, rules: IdentityRules): string | undefined {
  const mapped = rules.accounts.nameOf(account);
  if (mapped !== undefined) return mapped;
  if (sender.userPrincipalName !== undefined) return sender.userPrincipalName;
  return sender.email !== undefined && isTrustedDomain(sender.email, rules.emailDomains) ? sender.email : undefined;
}

function isTrustedDomain(email: string, domains: readonly string[] | undefined): boolean {
  const at = email.lastIndexOf("@");
  if (at < 1 || at === email.length - 1) return false;
  return domains === undefined || domains.some((domain) => domain.toLowerCase() === email.slice(at + 1).toLowerCase());
}
