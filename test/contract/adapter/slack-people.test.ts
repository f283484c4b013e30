import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { IncomingEvent } from "../../../src/model/message.ts";
import type { PersonSpec } from "../../../src/simulator/slack/workspace.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

let world: SlackWorld;
beforeEach(async () => {
  world = await createSlackWorld();
});
afterEach(() => world.stop());

const signal = new AbortController().signal;

/** A person of this kind mentions the bot, and is looked up. */
async function meet(spec: Omit<PersonSpec, "id">) {
  world.slack.addPerson({ id: "UNEW", ...spec });
  const event = { type: "app_mention", user: "UNEW", text: "<@UBOT> hi", ts: "1700000000.000100", channel: "C1" };
  await world.slack.deliver(world.slack.envelope({ ...event, ...(spec.team && { user_team: spec.team }) }));
  return world.adapter.person(last(), signal);
}

function last(): IncomingEvent {
  const event = world.received.at(-1);
  if (!event) throw new Error("nothing was received");
  return event;
}

describe("who a person is", () => {
  test("a member has the address that Slack confirms", async () => {
    expect(await meet({ name: "Nora New", email: "nora@acme.test" })).toEqual({
      id: "UNEW",
      workspace: "T1",
      displayName: "Nora New",
      standing: "member",
      email: "nora@acme.test",
    });
  });

  test.each([
    ["an unconfirmed address", { emailConfirmed: false }, "member"],
    ["a guest", { guest: "multi" }, "guest"],
    ["a guest of one channel", { guest: "single" }, "guest"],
    ["a stranger", { team: "T2", email: "x@other.test" }, "stranger"],
    ["somebody deactivated", { deactivated: true }, "deactivated"],
    ["a bot", { bot: true, email: "bot@acme.test", emailConfirmed: true }, "bot"],
  ] as const)("%s gives no address", async (_, spec, standing) => {
    const person = await meet(spec);
    expect(person.standing).toBe(standing);
    expect(person).not.toHaveProperty("email");
  });

  test("somebody whom the workspace cannot see is a stranger", async () => {
    await world.slack.deliver(
      world.slack.envelope({ type: "app_mention", user: "UGHOST", text: "<@UBOT> hi", ts: "1700000000.000200", channel: "C1" }),
    );
    expect(await world.adapter.person(last(), signal)).toMatchObject({ id: "UGHOST", standing: "stranger", displayName: "UGHOST" });
  });

  test("is asked once and then remembered", async () => {
    await meet({ name: "Nora New" });
    await world.adapter.person(last(), signal);
    expect(world.slack.calls("users.info")).toHaveLength(1);
  });

  test("is not guessed while Slack does not answer", async () => {
    world.slack.fault({ kind: "500", method: "users.info" });
    await expect(meet({ name: "Nora New" })).rejects.toMatchObject({ kind: "unavailable" });
    expect(await world.adapter.person(last(), signal)).toMatchObject({ standing: "member" });
  });

  test("a missing scope is named", async () => {
    world.slack.workspace.app.scopes.delete("users:read");
    await expect(meet({})).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("users:read") });
  });

  test("whoever is remembered is called by name in what others say; nobody is asked before the commit", async () => {
    await meet({ name: "Nora New" });
    const before = world.slack.calls().length;
    await world.mention("is <@UNEW> here, or <@UBEN>?");
    expect(last()).toMatchObject({ text: "is @Nora New here, or @UBEN?" });
    expect(world.slack.calls()).toHaveLength(before);
  });
});

describe("files", () => {
  const bytes = new TextEncoder().encode("error 42");

  test("an attached file is opened with the bot's token", async () => {
    const files = [{ name: "log.txt", mediaType: "text/plain", bytes }];
    await (await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> see", files })).delivered;
    const event = last();
    const attachment = event.kind === "message" ? event.attachments[0] : undefined;
    if (!attachment) throw new Error("the file did not come along");
    expect(new TextDecoder().decode(await world.adapter.open(attachment, 1_000, signal))).toBe("error 42");
  });

  test("a file of a shared channel, of which an event tells the id alone, is asked for", async () => {
    world.slack.workspace.files.set("F9", { name: "log.txt", mediaType: "text/plain", bytes });
    const attachment = { id: "F9", name: "file", mediaType: "application/octet-stream", size: 0, source: {} };
    expect(new TextDecoder().decode(await world.adapter.open(attachment, 1_000, signal))).toBe("error 42");
    world.slack.workspace.app.scopes.delete("files:read");
    await expect(world.adapter.open(attachment, 1_000, signal)).rejects.toMatchObject({
      kind: "fileRefused",
      explanation: expect.stringContaining("files:read"),
    });
  });

  test("a file elsewhere is not fetched, and the token stays here", async () => {
    const attachment = { id: "F1", name: "x", mediaType: "text/plain", size: 1 };
    for (const url of ["https://evil.test/x", "https://slack.com.evil.test/x", "http://files.slack.com/x", "file:///etc/passwd", "x"]) {
      await expect(world.adapter.open({ ...attachment, source: { url } }, 1_000, signal)).rejects.toMatchObject({ kind: "fileRefused" });
    }
  });
});
