import { expect, test } from "@jest/globals";
import { GatewayIntentBits, PermissionsBitField } from "discord.js";
import { discordSchema } from "../../../adapters/discord/config.ts";
import { commands, intents, permissions, permissionsInteger } from "../../../adapters/discord/manifest.ts";

test("permissions and intents are Discord's own", () => {
  for (const [name, bit] of Object.entries(permissions))
    expect({ [name]: bit }).toEqual({ [name]: Object(PermissionsBitField.Flags)[name] });
  for (const [name, bit] of Object.entries(intents)) expect({ [name]: bit }).toEqual({ [name]: Object(GatewayIntentBits)[name] });
  expect(permissionsInteger).toBe("309237763136");
  expect(Object.values(intents).reduce((sum, bit) => sum + bit, 0)).toBe(37_377);
});

test("commands keep Discord's limits, and are installed in servers only", () => {
  for (const command of commands) {
    expect(command.integration_types).toEqual([0]);
    if (command.type === 1) expect(command.name).toMatch(/^[a-z]{1,32}$/);
    const described =
      "description" in command ? [command.description, ...("options" in command ? command.options.map((one) => one.description) : [])] : [];
    for (const words of described) expect(words.length).toBeLessThanOrEqual(100);
  }
});

test("the configuration wants a token and real ids, and the address without a slash at its end", () => {
  const good = { token: "a.b.c", applicationId: "987654321098765432" };
  expect(discordSchema.parse({ ...good, apiUrl: "http://127.0.0.1:1/api/" })).toEqual({
    ...good,
    apiUrl: "http://127.0.0.1:1/api",
    backfillMinutes: 60,
    feedbackButtons: true,
  });
  expect(discordSchema.parse(good).apiUrl).toBe("https://discord.com/api");
  for (const bad of [{ token: "" }, { applicationId: "help" }, { guilds: ["help"] }, { backfillMinutes: -1 }, { unknown: 1 }]) {
    expect(discordSchema.safeParse({ ...good, ...bad }).success).toBe(false);
  }
});
