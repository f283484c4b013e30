import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";
import { createFolder, runCommand } from "../../support/command.ts";

let folder: Awaited<ReturnType<typeof createFolder>>;
let discord: DiscordSimulator;
beforeAll(async () => {
  folder = await createFolder();
  discord = await createDiscordSimulator({ messageContent: false });
});
afterAll(async () => {
  await discord.stop();
  await folder.remove();
});

async function run(section: string | undefined, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const platform = section === undefined ? "slack: { botToken: xoxb-1, signingSecret: s }" : `discord: ${section}`;
  const text = `outbound: { allowPrivateNetworks: true }\nagents: { desk: { url: "https://desk.contoso.example", auth: { type: bearer, token: "\${DESK_TOKEN}" } } }\n${platform}\n`;
  await writeFile(folder.path("bridge.yaml"), text);
  return runCommand(["manifest", "discord", "--config", folder.path("bridge.yaml"), ...args], env);
}

const section = () => {
  const { applicationId, apiUrl } = discord.config;
  return `{ token: "\${DISCORD_TOKEN}", applicationId: "${applicationId}", apiUrl: "${apiUrl}" }`;
};

test("shows what differs, changes it when asked to, and finds nothing more to do", async () => {
  const env = { DISCORD_TOKEN: discord.config.token };
  const seen = await run(section(), [], env);
  expect(seen.code).toBe(0);
  expect(seen.out).toContain(`Agent Bridge (${discord.config.applicationId})\nThis differs:\n  ~ description: nothing  →  Talk to`);
  expect(seen.out).toContain("  + /ask: ");
  expect(seen.out).toContain("Nothing was changed. The same with --apply changes it.");
  expect(seen.out).toContain("Message Content Intent: OFF.");
  expect(seen.out).toContain(`https://discord.com/oauth2/authorize?client_id=${discord.config.applicationId}&`);
  expect(discord.realm.app.commands.size).toBe(0);

  expect((await run(section(), ["--apply"], env)).out).toContain("This was changed:");
  expect(discord.realm.app.commands.get("")?.map(({ name }) => name)).toContain("ask");
  discord.realm.app.messageContent = true;
  const after = await run(section(), ["--apply"], env);
  expect(after.out).toContain("Nothing differs.");
  expect(after.out).toContain("Message Content Intent: on.");
  expect(after.out + after.err).not.toContain(discord.config.token);
});

test("as JSON it is one document", async () => {
  const { out } = await run(section(), ["--json"], { DISCORD_TOKEN: discord.config.token });
  expect(JSON.parse(out)).toMatchObject({ application: { name: "Agent Bridge" }, applied: false, installUrl: expect.any(String) });
});

test("a token that is missing or wrong, and a configuration without Discord, are named", async () => {
  await expect(run(section(), [])).rejects.toThrow("discord.token: names a variable or a file that is not there");
  await expect(run(section(), [], { DISCORD_TOKEN: "a.b.c" })).rejects.toThrow("discord.token: Discord does not accept it");
  await expect(run(undefined, [])).rejects.toThrow("discord: is missing");
});
