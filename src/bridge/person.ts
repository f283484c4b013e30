import { type Account, toAccountText } from "../model/account.ts";
import type { AgentPolicy } from "../model/agent.ts";
import { DeliveryError } from "../model/errors.ts";
import type { IncomingEvent } from "../model/message.ts";
import type { ThreadRef } from "../model/thread.ts";
import { identify, type Verdict } from "./identity.ts";
import * as notices from "./notices.ts";
import type { Parts } from "./parts.ts";

/** Who is behind an event, and whether the agent may be told. Rejects with DeliveryError while the platform cannot say. */
export async function identifyAuthor(
  parts: Parts,
  event: IncomingEvent,
  identity: AgentPolicy["identity"],
  signal: AbortSignal,
): Promise<Verdict> {
  const adapter = parts.adapters.get(event.thread.platform);
  if (!adapter) throw new DeliveryError("refused", `no adapter for ${event.thread.platform}`);
  await parts.failpoint("converse.person.before");
  return identify(await adapter.person(event, signal), event.thread, parts.identity, identity);
}

/** The word for a person who is refused, and whether only they should see it. Undefined: nothing is said (it is not a person). */
export function toRefusal(
  parts: Parts,
  thread: ThreadRef,
  verdict: Extract<Verdict, { kind: "refused" }>,
  reference: string,
): { readonly text: string; readonly private: boolean } | undefined {
  switch (verdict.why) {
    case "external":
      return { text: notices.external, private: true };
    case "deactivated":
      return { text: notices.deactivated, private: true };
    case "unproven":
      return { text: toUnproven(parts, thread, verdict.account, reference), private: false };
    case "silent":
      return undefined;
  }
}

/** Says how to get an identity, and what an admin needs to vouch for somebody: on this platform, for this account. */
function toUnproven(parts: Parts, { platform }: ThreadRef, account: Account | undefined, reference: string): string {
  if (account === undefined) return notices.unprovenOutsider(reference);
  const source = parts.adapters.get(platform)?.capabilities.identity ?? "admin";
  // Where only admins vouch, accounts are the platform's own and the same in every workspace.
  const text = toAccountText(source === "admin" ? { ...account, workspace: "*" } : account);
  return notices.unproven(source, text, reference);
}
