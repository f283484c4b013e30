import { describe, expect, test } from "@jest/globals";
import { type IdentityRules, identify } from "../../../src/bridge/identity.ts";
import { openAccounts } from "../../../src/identity/accounts.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { Sender } from "../../../src/model/message.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";

const toAccounts = (map: Readonly<Record<string, string>>) => openAccounts({ map, file: undefined, log: silentLog, clock: systemClock });

const thread: ThreadRef = { platform: "slack", workspace: "T1", channel: "C1", thread: "1.1", address: null };
const rules: IdentityRules = { external: "refuse", accounts: await toAccounts({}) };
/** What an admin would have to vouch for. */
const account = { platform: "slack", workspace: "T1", user: "U1" };
const wanted = { required: true, fields: ["userPrincipalName", "userId"], level: "both" } as const;
const optional = { ...wanted, required: false } as const;
const ann: Sender = { id: "U1", workspace: "T1", displayName: "Ann", standing: "member", email: "ann@acme.test" };
const { email: _email, ...nameless } = ann;

describe("who the agent is told that somebody is", () => {
  test("a member's confirmed address is the user principal name, and only the fields of the policy are sent", () => {
    expect(identify(ann, thread, rules, wanted)).toEqual({
      kind: "allowed",
      metadata: { userPrincipalName: "ann@acme.test", userId: "U1" },
      displayName: "Ann",
      userPrincipalName: "ann@acme.test",
    });
  });

  test("without a confirmed address an agent that requires one is not asked, and another is asked without it", () => {
    expect(identify(nameless, thread, rules, wanted)).toEqual({ kind: "refused", why: "unproven", account });
    expect(identify(nameless, thread, rules, optional)).toEqual({ kind: "allowed", metadata: { userId: "U1" }, displayName: "Ann" });
  });

  test("an address of a foreign domain proves nothing; the domain is compared whole and without case", () => {
    const strict = { ...rules, emailDomains: ["acme.test"] };
    expect(identify({ ...ann, email: "ann@ACME.test" }, thread, strict, wanted).kind).toBe("allowed");
    for (const email of ["ann@evil-acme.test", "ann@acme.test.evil.test", "acme.test", "ann@", "@acme.test"]) {
      expect(identify({ ...ann, email }, thread, strict, wanted)).toEqual({ kind: "refused", why: "unproven", account });
    }
  });

  test.each(["guest", "stranger"] as const)(
    "a %s is refused by default, and where allowed has no user principal name",
    async (standing) => {
      const somebody = { ...ann, standing };
      expect(identify(somebody, thread, rules, optional)).toEqual({ kind: "refused", why: "external" });
      const open = { ...rules, external: "allow", accounts: await toAccounts({ "slack:*:U1": "boss@acme.test" }) } as const;
      expect(identify(somebody, thread, open, optional)).toEqual({ kind: "allowed", metadata: { userId: "U1" }, displayName: "Ann" });
      expect(identify(somebody, thread, open, wanted)).toEqual({ kind: "refused", why: "unproven", account: undefined });
    },
  );

  test("a member of a workspace that nobody trusts is a stranger", () => {
    expect(identify({ ...ann, workspace: "T9" }, thread, rules, optional)).toEqual({ kind: "refused", why: "external" });
    expect(identify({ ...ann, workspace: "T9" }, thread, { ...rules, workspaces: ["T1", "T9"] }, wanted).kind).toBe("allowed");
  });

  test("a deactivated person and a bot are nobody", () => {
    expect(identify({ ...ann, standing: "deactivated" }, thread, { ...rules, external: "allow" }, optional)).toEqual({
      kind: "refused",
      why: "deactivated",
    });
    expect(identify({ ...ann, standing: "bot" }, thread, { ...rules, external: "allow" }, optional)).toEqual({
      kind: "refused",
      why: "silent",
    });
  });

  test("the admin's word wins, on a workspace before on all, and is not fooled by names of object members", async () => {
    const accounts = await toAccounts({ "slack:*:U1": "two@acme.test", "slack:T1:U1": "one@acme.test", "teams:*:29:1x": "x@acme.test" });
    const told = (sender: Sender, place = thread) => identify(sender, place, { ...rules, accounts }, wanted);
    expect(told(ann)).toMatchObject({ userPrincipalName: "one@acme.test" });
    expect(told({ ...nameless, workspace: "T2" }, { ...thread, workspace: "T2" })).toMatchObject({ userPrincipalName: "two@acme.test" });
    expect(told({ ...nameless, id: "29:1x" }, { ...thread, platform: "teams" })).toMatchObject({ userPrincipalName: "x@acme.test" });
    for (const id of ["constructor", "__proto__", "*"]) expect(told({ ...nameless, id }).kind).toBe("refused");
  });
});
