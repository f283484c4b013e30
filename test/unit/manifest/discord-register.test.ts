import { describe, expect, test } from "@jest/globals";
import { createCallDiscord } from "../../../src/manifest/discord/api.ts";
import { registerApp } from "../../../src/manifest/discord/register.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";

const ask = {
  name: "ask",
  description: "Ask an agent",
  type: 1,
  contexts: [0, 1],
  integration_types: [0],
  options: [{ type: 3, name: "prompt", description: "What", required: true, max_length: 6_000 }],
};
const send = { name: "Send to agent", type: 3, contexts: [0], integration_types: [0] };

async function withDiscord(
  use: (discord: DiscordSimulator) => Promise<void>,
  options?: Parameters<typeof createDiscordSimulator>[0],
): Promise<void> {
  const discord = await createDiscordSimulator(options);
  await use(discord).finally(() => discord.stop());
  expect(discord.violations).toEqual([]);
}

const register = (
  { config }: DiscordSimulator,
  apply: boolean,
  more: { token?: string; commands?: readonly object[]; applicationId?: string } = {},
) => {
  const call = createCallDiscord({
    apiUrl: config.apiUrl,
    token: more.token ?? config.token,
    fetch,
    clock: { ...systemClock, sleep: async () => undefined },
    signal: new AbortController().signal,
  });
  const commands = (more.commands ?? [ask, send]).map((command) => ({ ...command }));
  return registerApp(call, { applicationId: more.applicationId ?? config.applicationId, commands, permissions: "309237763136" }, apply);
};

const writes = (discord: DiscordSimulator) =>
  discord
    .calls()
    .filter(({ method }) => method !== "GET")
    .map(({ operation }) => operation);

describe("registering the app", () => {
  test("shows what differs and writes nothing, until it is applied; then nothing differs any more", () =>
    withDiscord(async (discord) => {
      const seen = await register(discord, false);
      expect(seen).toMatchObject({ application: { name: "Agent Bridge" }, applied: false, messageContent: true });
      expect(seen.differences.map(({ what, now }) => [what, now])).toEqual([
        ["description", "nothing"],
        ["tags", "nothing"],
        ["integration_types_config", "nothing"],
        ["/ask", undefined],
        ['"Send to agent" in the menu of a message', undefined],
      ]);
      expect(writes(discord)).toEqual([]);

      expect((await register(discord, true)).differences).toEqual(seen.differences);
      expect(writes(discord)).toEqual(["editApplication", "putCommands"]);
      expect(discord.realm.app.profile).toMatchObject({
        integration_types_config: {
          0: { oauth2_install_params: { scopes: ["bot", "applications.commands"], permissions: "309237763136" } },
        },
      });

      expect((await register(discord, true)).differences).toEqual([]);
      expect(writes(discord)).toHaveLength(2);
    }));

  test("names the part of a command that differs, and what is to go", () =>
    withDiscord(async (discord) => {
      const options = [{ ...ask.options[0], required: false }];
      await register(discord, true, {
        commands: [
          { ...ask, description: "Ask", options, default_member_permissions: "8" },
          { ...ask, name: "old" },
        ],
      });
      const { differences } = await register(discord, false, { commands: [ask] });
      expect(differences.map(({ what }) => what)).toEqual(["/ask description", "/ask options", "/ask default_member_permissions", "/old"]);
      expect(differences.at(-1)).toEqual({ what: "/old", now: "Ask an agent", wanted: undefined });
      expect(differences[0]).toEqual({ what: "/ask description", now: "Ask", wanted: "Ask an agent" });
    }));

  test("leaves the words alone that an admin has given the app", () =>
    withDiscord(async (discord) => {
      discord.realm.app.profile = { description: "Our own words", tags: ["ours"] };
      await register(discord, true);
      expect(discord.realm.app.profile).toMatchObject({ description: "Our own words", tags: ["ours"] });
    }));

  test("tells the install link, and whether messages can be read", () =>
    withDiscord(
      async (discord) => {
        const { installUrl, messageContent } = await register(discord, false);
        expect(messageContent).toBe(false);
        expect(Object.fromEntries(new URL(installUrl).searchParams)).toEqual({
          client_id: discord.config.applicationId,
          scope: "bot applications.commands",
          permissions: "309237763136",
          integration_type: "0",
        });
      },
      { messageContent: false },
    ));

  test("waits when Discord asks for it, and tries again after its errors", () =>
    withDiscord(async (discord) => {
      discord.fault({ kind: "429", operation: "application", retryAfter: 30 });
      discord.fault({ kind: "503", operation: "putCommands" });
      await register(discord, true);
      expect(discord.realm.app.commands.get("")).toHaveLength(2);
      expect(discord.calls("putCommands").map(({ status }) => status)).toEqual([503, 200]);
    }));

  test.each([
    ["a token that is not good", { token: "wrong" }, /^discord.token: Discord does not accept it. Reset/],
    [
      "a token of another application",
      { applicationId: "1" },
      /^discord.applicationId: is 1, but discord.token belongs to Agent Bridge, 1000/,
    ],
    [
      "a command that Discord does not take",
      { commands: [{ ...ask, name: "Ask" }] },
      /^Discord refused PUT .*Invalid Form Body \(400, 50035\).*"name"/,
    ],
  ])("ends with the key or the reason: %s", (_, more, words) =>
    withDiscord(async (discord) => {
      await expect(register(discord, true, more)).rejects.toThrow(words);
    }),
  );

  test("ends when Discord cannot be reached, or something else answers", () =>
    withDiscord(async (discord) => {
      discord.fault({ kind: "dropBefore", operation: "application" });
      await expect(register(discord, true)).rejects.toThrow("Discord cannot be reached");
      discord.outage({ kind: "502" });
      await expect(register(discord, true)).rejects.toThrow("Discord refused GET /applications/@me: no reason (502)");
    }));
});
