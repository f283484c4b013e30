import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { IncomingEvent } from "../../../src/model/message.ts";
import type { PersonSpec } from "../../../src/simulator/teams/tenant.ts";
import { createJumpClock, type JumpClock } from "../../support/jump-clock.ts";
import { createTeamsWorld, type TeamsWorld } from "./teams-world.ts";

let world: TeamsWorld;
let clock: JumpClock;
beforeEach(async () => {
  clock = createJumpClock();
  world = await createTeamsWorld({ clock });
});
afterEach(async () => {
  await world.stop();
  expect(world.teams.violations).toEqual([]);
});

const help = "19:help@thread.tacv2";
const signal = new AbortController().signal;

function last(): IncomingEvent {
  const event = world.received.at(-1);
  if (!event) throw new Error("nothing was received");
  return event;
}

/** A person of this kind mentions the bot in a channel, and is looked up. */
async function meet(spec: Omit<PersonSpec, "id">, where: { readonly channel?: string } = { channel: help }) {
  world.teams.addPerson({ id: "nora", name: "Nora New", ...spec });
  world.teams.tenant.teams.get("19:team@thread.tacv2")?.members.add("nora");
  await (await world.teams.say({ ...where, user: "nora", text: "hi", mention: where.channel !== undefined })).delivered;
  return world.adapter.person(last(), signal);
}

describe("who a person is", () => {
  test("a member has the names that the directory gives", async () => {
    const { tenant } = world.teams;
    const person = await meet({});
    expect(person).toEqual({
      id: tenant.people.get("nora")?.objectId,
      workspace: tenant.id,
      displayName: "Nora New",
      standing: "member",
      userPrincipalName: "nora@acme.test",
      email: "nora@acme.test",
      directoryId: tenant.people.get("nora")?.objectId,
    });
    expect(last().author).toEqual({ id: person.id, workspace: tenant.id });
  });

  test("is asked of the team in a channel, and of the chat elsewhere", async () => {
    await meet({});
    expect(world.teams.calls("member").at(-1)).toMatchObject({ conversation: "19:team@thread.tacv2" });
    await world.direct("hello");
    await world.adapter.person(last(), signal);
    expect(world.teams.calls("member").at(-1)).toMatchObject({ conversation: world.teams.personal("ann") });
  });

  test.each([
    ["a guest", { kind: "guest" }, "guest"],
    ["a guest by the name alone", { userPrincipalName: "nora_other.test#ext#@acme.test" }, "guest"],
    ["somebody of another organisation", { kind: "federated" }, "stranger"],
    ["somebody of another organisation who has a name there", { kind: "federated", userPrincipalName: "nora@other.test" }, "stranger"],
    ["somebody without an account", { kind: "anonymous" }, "stranger"],
  ] as const)("%s has neither name nor address", async (_, spec, standing) => {
    const person = await meet(spec);
    expect(person.standing).toBe(standing);
    expect(person).not.toHaveProperty("userPrincipalName");
    expect(person).not.toHaveProperty("email");
  });

  test("without a principal name an address is worth nothing", async () => {
    const person = await meet({ userPrincipalName: undefined });
    expect(person).toMatchObject({ standing: "member" });
    expect(person).not.toHaveProperty("userPrincipalName");
    expect(person).not.toHaveProperty("email");
  });

  test("nobody is taken for another: the roster has to speak of the person of the activity", async () => {
    const activity = world.teams.activity({ channel: help, user: "ann", text: "hi", mention: true });
    const from = { ...Object(activity.from), aadObjectId: world.teams.tenant.people.get("ben")?.objectId };
    await world.teams.deliver({ ...activity, from });
    const person = await world.adapter.person(last(), signal);
    expect(person).toMatchObject({ id: world.teams.tenant.people.get("ben")?.objectId, standing: "stranger" });
    expect(person).not.toHaveProperty("userPrincipalName");
  });

  test("somebody who is not on the roster is a stranger", async () => {
    await world.mention("hello");
    world.teams.tenant.teams.get("19:team@thread.tacv2")?.members.delete("ann");
    expect(await world.adapter.person(last(), signal)).toMatchObject({ standing: "stranger", displayName: last().author.id });
  });

  test("is asked once an hour", async () => {
    await meet({});
    await world.adapter.person(last(), signal);
    expect(world.teams.calls("member")).toHaveLength(1);
  });

  test("is not guessed while Teams does not answer", async () => {
    world.teams.fault({ kind: "503", operation: "member" });
    await expect(meet({})).rejects.toMatchObject({ kind: "unavailable" });
    expect(await world.adapter.person(last(), signal)).toMatchObject({ standing: "member" });
    world.teams.fault({ kind: "429", retryAfter: 3, operation: "member" });
    await world.direct("hello");
    await expect(world.adapter.person(last(), signal)).rejects.toMatchObject({ kind: "rateLimited", retryAfterMs: 3_000 });
  });

  test("others are called by name in what somebody says", async () => {
    await world.mention("is <at>Ben Baker</at> here?");
    expect(last()).toMatchObject({ text: "is @Ben Baker here?" });
  });
});

describe("files", () => {
  const bytes = new TextEncoder().encode("error 42");

  test.each([
    ["a file", { name: "log.txt", mediaType: "text/plain" }],
    ["a picture, with the bot's token,", { name: "screen.png", mediaType: "image/png" }],
  ])("%s of a personal chat is opened", async (_, file) => {
    await (await world.teams.say({ user: "ann", text: "see", files: [{ ...file, bytes }] })).delivered;
    const event = last();
    const attachment = event.kind === "message" ? event.attachments[0] : undefined;
    if (!attachment) throw new Error("the file did not come along");
    expect(new TextDecoder().decode(await world.adapter.open(attachment, 1_000, signal))).toBe("error 42");
  });

  test("what is elsewhere is not fetched, and the token stays here", async () => {
    const attachment = { id: "F1", name: "x", mediaType: "text/plain", size: 1 };
    for (const url of [
      "https://evil.test/x",
      "https://sharepoint.com.evil.test/x",
      "http://acme.sharepoint.com/x",
      "file:///etc/passwd",
      "x",
    ]) {
      for (const kind of ["file", "image"]) {
        await expect(world.adapter.open({ ...attachment, source: { kind, url } }, 1_000, signal)).rejects.toMatchObject({
          kind: "fileRefused",
        });
      }
    }
    await expect(world.adapter.open({ ...attachment, source: {} }, 1_000, signal)).rejects.toMatchObject({ kind: "fileRefused" });
  });
});
