import { describe, expect, test } from "@jest/globals";
import { home } from "../../../src/simulator/discord/realm.ts";
import { createManualClock } from "../slack/manual-clock.ts";
import { createRig, type Rig } from "./rig.ts";
import { type Frame, openSession } from "./wire.ts";

const { help, bot } = home;

const ask = {
  name: "ask",
  description: "Ask an agent",
  contexts: [0, 1],
  options: [
    { type: 3, name: "prompt", description: "What to ask", required: true, max_length: 100 },
    { type: 3, name: "agent", description: "Which agent", autocomplete: true },
    { type: 11, name: "file", description: "A file" },
  ],
};
const send = { name: "Send to agent", type: 3, contexts: [0] };

const register = (rig: Rig, commands: readonly object[] = [ask, send]) => rig.call("PUT", `applications/${bot}/commands`, commands);

/** Answers each interaction that the gateway tells of. */
async function answering(rig: Rig, toBody: (d: Frame["d"]) => object) {
  const wire = await openSession(rig.discord);
  const interaction = async (nth = 0) => {
    const seen = () => wire.frames.filter(({ t }) => t === "INTERACTION_CREATE")[nth];
    while (seen() === undefined) await new Promise((resolve) => setImmediate(resolve));
    return seen()?.d ?? {};
  };
  const answer = async (nth = 0) => {
    const d = await interaction(nth);
    return rig.call("POST", `interactions/${d.id}/${d.token}/callback`, toBody(d), { authorization: "" });
  };
  return { interaction, answer };
}

const ephemeral = { type: 5, data: { flags: 64 } };

describe("commands", () => {
  test.each([
    ["a name in capitals", { ...ask, name: "Ask" }],
    ["no description", { ...ask, description: "" }],
    ["a description in a menu", { ...send, description: "x" }],
    ["what is required after what is not", { ...ask, options: ask.options.toReversed() }],
    ["an option without a description", { ...ask, options: [{ type: 3, name: "x" }] }],
  ])("with %s are refused", async (_, command) => {
    await using rig = await createRig();
    expect((await register(rig, [command])).body.code).toBe(50035);
  });

  test("are replaced as a whole, and keep their ids", async () => {
    await using rig = await createRig();
    const first = (await register(rig)).list;
    const second = (await register(rig, [ask])).list;
    expect(second).toMatchObject([{ id: first[0]?.id, name: "ask", type: 1 }]);
    expect((await rig.call("GET", `applications/${bot}/commands`)).list).toHaveLength(1);
    expect((await register(rig, [ask, ask])).body.code).toBe(50035);
    expect((await rig.call("PUT", "applications/100000000000000077/commands", [])).body.code).toBe(50001);
  });

  test("can be used where they are registered for, with what they want", async () => {
    await using rig = await createRig();
    const use = (name: string, options: Record<string, string>) => rig.discord.command({ user: "ann", channel: help, name, options });
    await expect(use("ask", { prompt: "x" })).rejects.toThrow("no command ask");
    await register(rig, [
      { ...ask, contexts: [1] },
      { ...ask, name: "secret", default_member_permissions: "8" },
    ]);
    await expect(use("ask", { prompt: "x" })).rejects.toThrow("not for here");
    await expect(use("secret", { prompt: "x" })).rejects.toThrow("may not use");
    await register(rig);
    await expect(use("ask", {})).rejects.toThrow("wants prompt");
    await expect(use("ask", { prompt: "x".repeat(101) })).rejects.toThrow("too long");
    await expect(use("ask", { prompt: "x", more: "y" })).rejects.toThrow("no option more");
  });
});

describe("a slash command", () => {
  test("is answered at once, or later in place of a sign, and by follow-ups; for one pair of eyes only if it says so", async () => {
    await using rig = await createRig();
    await register(rig);
    const { interaction, answer } = await answering(rig, () => ephemeral);
    const file = { name: "log.txt", mediaType: "text/plain", bytes: Buffer.from("a log") };
    const used = rig.discord.command({ user: "ann", channel: help, name: "ask", options: { prompt: "Why?", file } });
    const d = await interaction();
    const { options, resolved } = Object(d.data);
    expect(d).toMatchObject({
      type: 2,
      guild_id: home.guild,
      channel_id: help,
      context: 0,
      member: { user: { username: "ann" } },
      entitlements: [],
    });
    expect(options).toMatchObject([{ name: "prompt", value: "Why?" }, { name: "file" }]);
    expect(await (await fetch(resolved.attachments[options[1].value].url)).text()).toBe("a log");
    expect((await answer()).status).toBe(204);
    expect(await used).toMatchObject({ kind: "deferred", ephemeral: true });
    expect(rig.discord.channel(help)).toMatchObject({ messages: [], private: [{ thinking: true, onlyFor: "ann" }] });
    const path = `webhooks/${bot}/${d.token}`;
    await rig.call("PATCH", `${path}/messages/@original`, { content: "Started" });
    const more = await rig.call("POST", path, { content: "More" });
    expect(more.body).toMatchObject({ content: "More" });
    await rig.call("DELETE", `${path}/messages/${more.body.id}`);
    expect(rig.discord.channel(help)).toMatchObject({
      messages: [{ text: "More" }].slice(1),
      private: [{ text: "Started", thinking: false, edited: false }],
    });
  });

  test("can have words of its own, and what follows them", async () => {
    await using rig = await createRig();
    const stop = { type: 1, name: "stop", description: "Stop it", options: [{ type: 3, name: "why", description: "Why" }] };
    expect(
      (await register(rig, [{ name: "agent", description: "More", options: [{ ...stop, options: [{ type: 3, name: "why" }] }] }])).body
        .code,
    ).toBe(50035);
    await register(rig, [{ name: "agent", description: "More", options: [stop] }]);
    const { interaction, answer } = await answering(rig, () => ephemeral);
    const where = { user: "ann", channel: help, name: "agent" };
    await expect(rig.discord.command(where)).rejects.toThrow("wants one of stop");
    const used = rig.discord.command({ ...where, sub: "stop", options: { why: "enough" } });
    expect((await interaction()).data).toMatchObject({ options: [{ type: 1, name: "stop", options: [{ name: "why", value: "enough" }] }] });
    await answer();
    expect(await used).toMatchObject({ kind: "deferred" });
  });

  test("in a direct message comes without a guild and a member", async () => {
    await using rig = await createRig();
    await register(rig);
    const { interaction, answer } = await answering(rig, () => ({ type: 4, data: { content: "Hello" } }));
    const used = rig.discord.command({ user: "ann", name: "ask", options: { prompt: "x" } });
    const d = await interaction();
    expect([d.guild_id, d.member, d.context, Object(d.user).username]).toEqual([undefined, undefined, 1, "ann"]);
    await answer();
    expect(await used).toMatchObject({ kind: "message", ephemeral: false });
    expect(rig.discord.direct("ann").messages).toMatchObject([{ text: "Hello", interaction: d.id }]);
  });

  test("that is not answered in three seconds has failed, and cannot be answered any more", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock });
    await register(rig);
    const { interaction, answer } = await answering(rig, () => ephemeral);
    const used = rig.discord.command({ user: "ann", channel: help, name: "ask", options: { prompt: "x" } });
    const d = await interaction();
    expect((await rig.call("POST", `webhooks/${bot}/${d.token}`, { content: "x" })).body.code).toBe(10015);
    await clock.advance(3_000);
    expect(await used).toMatchObject({ kind: "failed" });
    expect(await answer()).toMatchObject({ status: 404, body: { code: 10062 } });
    expect(rig.discord.violations).toEqual(["an interaction was answered too late"]);
  });

  test("is answered once, with a token that is good for a quarter of an hour", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock });
    await register(rig);
    const { interaction, answer } = await answering(rig, () => ephemeral);
    const used = rig.discord.command({ user: "ann", channel: help, name: "ask", options: { prompt: "x" } });
    const d = await interaction();
    expect((await rig.call("POST", `interactions/${d.id}/wrong/callback`, ephemeral)).body.code).toBe(10062);
    await answer();
    await used;
    expect((await answer()).body.code).toBe(40060);
    await clock.advance(900_000);
    expect(await rig.call("PATCH", `webhooks/${bot}/${d.token}/messages/@original`, { content: "x" })).toMatchObject({
      status: 401,
      body: { code: 50027 },
    });
  });

  test.each([
    ["a change of a message", { type: 7, data: { content: "x" } }],
    ["choices", { type: 8, data: { choices: [] } }],
    ["an answer of more than 2,000 characters", { type: 4, data: { content: "x".repeat(2_001) } }],
    ["a form without fields", { type: 9, data: { custom_id: "x", title: "x", components: [] } }],
  ])("is not answered with %s", async (_, body) => {
    await using rig = await createRig({ ackMs: 200 });
    await register(rig);
    const { answer } = await answering(rig, () => body);
    const used = rig.discord.command({ user: "ann", channel: help, name: "ask", options: { prompt: "x" } });
    expect((await answer()).body.code).toBe(50035);
    expect(await used).toMatchObject({ kind: "failed" });
  });

  test("offers choices while it is typed", async () => {
    await using rig = await createRig();
    await register(rig);
    const choices = [{ name: "Poet", value: "poet" }];
    const { interaction, answer } = await answering(rig, () => ({ type: 8, data: { choices } }));
    const typed = rig.discord.autocomplete({ user: "ann", channel: help, name: "ask", option: "agent", value: "po" });
    expect(await interaction()).toMatchObject({ type: 4, data: { options: [{ name: "agent", value: "po", focused: true }] } });
    await answer();
    expect(await typed).toMatchObject({ kind: "choices", choices });
    await expect(rig.discord.autocomplete({ user: "ann", channel: help, name: "ask", option: "prompt", value: "x" })).rejects.toThrow(
      "nothing is offered",
    );
  });
});

test("the menu of a message sends the message along", async () => {
  await using rig = await createRig();
  await register(rig);
  const { interaction, answer } = await answering(rig, () => ephemeral);
  const { id } = rig.discord.say({ user: "ben", channel: help, text: "The printer is on fire" });
  const used = rig.discord.context({ user: "ann", channel: help, id, name: "Send to agent" });
  expect((await interaction()).data).toMatchObject({
    type: 3,
    target_id: id,
    resolved: { messages: { [id]: { content: "The printer is on fire" } } },
  });
  await answer();
  expect(await used).toMatchObject({ kind: "deferred" });
});

describe("a button", () => {
  const rows = (...buttons: readonly object[]) => [{ type: 1, components: buttons }];
  const yes = { type: 2, style: 3, label: "Yes", custom_id: "q1:yes" };

  test("tells who pressed it, and its message can be changed in answer", async () => {
    await using rig = await createRig();
    const { answer, interaction } = await answering(rig, () => ({ type: 7, data: { content: "Approved", components: [] } }));
    const { body } = await rig.post(help, { content: "Shall I?", components: rows(yes) });
    const clicked = rig.discord.click({ user: "ben", channel: help, id: body.id ?? "", button: "Yes" });
    expect(await interaction()).toMatchObject({
      type: 3,
      data: { custom_id: "q1:yes", component_type: 2 },
      message: { id: body.id },
      member: { user: { username: "ben" } },
    });
    await answer();
    expect(await clicked).toMatchObject({ kind: "updated" });
    expect(rig.discord.channel(help).messages).toMatchObject([{ id: body.id, text: "Approved", buttons: [] }]);
  });

  test("can open a form, whose answer comes as an interaction of its own", async () => {
    await using rig = await createRig();
    const input = { type: 4, custom_id: "words", style: 2, required: true };
    const form = { custom_id: "q1:form", title: "Answer", components: [{ type: 18, label: "Your answer", component: input }] };
    const { answer, interaction } = await answering(rig, ({ type }) => (type === 3 ? { type: 9, data: form } : { type: 6 }));
    const { body } = await rig.post(help, { content: "Which one?", components: rows(yes) });
    const clicked = rig.discord.click({ user: "ben", channel: help, id: body.id ?? "", button: "q1:yes" });
    await answer();
    const shown = await clicked;
    expect(shown).toMatchObject({
      kind: "modal",
      customId: "q1:form",
      fields: [{ customId: "words", label: "Your answer", required: true }],
    });
    await expect(rig.discord.submit({ interaction: shown.id, values: {} })).rejects.toThrow("wants words");
    const sent = rig.discord.submit({ interaction: shown.id, values: { words: "the first" } });
    expect(await interaction(1)).toMatchObject({
      type: 5,
      data: { custom_id: "q1:form", components: [{ type: 18, component: { custom_id: "words", value: "the first" } }] },
      message: { id: body.id },
    });
    await answer(1);
    expect(await sent).toMatchObject({ kind: "deferredUpdate" });
  });

  test("that is not there, is off, or leads elsewhere cannot be pressed", async () => {
    await using rig = await createRig();
    const off = { ...yes, label: "No", custom_id: "no", disabled: true };
    const link = { type: 2, style: 5, label: "Docs", url: "https://x.test" };
    const { body } = await rig.post(help, { content: "Shall I?", components: rows(off, link) });
    const press = (button: string) => rig.discord.click({ user: "ben", channel: help, id: body.id ?? "", button });
    await expect(press("Yes")).rejects.toThrow("no button Yes");
    await expect(press("No")).rejects.toThrow("calls nobody");
    await expect(press("Docs")).rejects.toThrow("calls nobody");
  });
});

describe("the application", () => {
  test("is read and changed, but for what the portal alone can change", async () => {
    await using rig = await createRig({ messageContent: false });
    const patch = (body: object) => rig.call("PATCH", "applications/@me", body);
    expect((await rig.call("GET", "applications/@me")).body).toMatchObject({ id: bot, name: "Agent Bridge", flags: 0, description: "" });
    const config = { 0: { oauth2_install_params: { scopes: ["bot"], permissions: "1024" } } };
    expect((await patch({ description: "Talk to agents", tags: ["ai"], integration_types_config: config })).status).toBe(200);
    expect((await rig.call("GET", "applications/@me")).body).toMatchObject({
      description: "Talk to agents",
      integration_types_config: config,
    });
    expect((await patch({ name: "Another" })).body.code).toBe(50035);
    expect((await patch({ tags: ["x".repeat(21)] })).body.code).toBe(50035);
    expect((await patch({ flags: 1 << 18 })).body.code).toBe(50035);
    await patch({ flags: 1 << 19 });
    expect(rig.discord.realm.app.messageContent).toBe(true);
  });
});
