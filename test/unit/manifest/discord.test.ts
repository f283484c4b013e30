import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { GatewayIntentBits, PermissionsBitField } from "discord.js";
import { discordSchema } from "../../../adapters/discord/config.ts";
import * as manifest from "../../../adapters/discord/manifest.ts";
import { createCallDiscord } from "../../../src/manifest/discord/api.ts";
import { toFiles } from "../../../src/manifest/discord/files.ts";
import { registerApp } from "../../../src/manifest/discord/register.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import { createDiscordSimulator } from "../../../src/simulator/discord/simulator.ts";

const folder = join(import.meta.dirname, "../../../manifest/discord");
const read = (name: string) => readFile(join(folder, name), "utf8");

describe("the files of manifest/discord", () => {
  test("say what the adapter understands (what it is now belongs into them)", async () => {
    const files = toFiles(manifest);
    for (const [name, content] of Object.entries(files)) expect(JSON.parse(await read(name))).toEqual(JSON.parse(JSON.stringify(content)));
    expect((await readdir(folder)).toSorted()).toEqual([...Object.keys(files), "README.md"].toSorted());
  });

  test("name bits as Discord does", () => {
    expect(manifest.permissions).toEqual(pickFlags());
    expect(BigInt(manifest.permissionsInteger)).toBe(Object.values(pickFlags()).reduce((sum, bit) => sum | bit, 0n));
    for (const [name, bit] of Object.entries(manifest.intents)) expect(new Map(Object.entries(GatewayIntentBits)).get(name)).toBe(bit);
    expect(new PermissionsBitField(BigInt(manifest.permissionsInteger)).has("Administrator", false)).toBe(false);
  });

  test("are taken by Discord, and by a server that allows the bot no more than they ask for", async () => {
    const discord = await createDiscordSimulator();
    const call = createCallDiscord({ ...discord.config, fetch, clock: systemClock, signal: new AbortController().signal });
    const { applicationId } = discord.config;
    const wanted = { applicationId, commands: manifest.commands, permissions: manifest.permissionsInteger };
    await registerApp(call, wanted, true);
    expect((await registerApp(call, wanted, false)).differences).toEqual([]);
    expect(discord.realm.app.commands.get("")).toHaveLength(manifest.commands.length);
    expect(discord.realm.guilds.get(home.guild)?.roles.get(home.botRole)?.permissions).toBe(BigInt(manifest.permissionsInteger));
    await discord.stop();
  });

  test("are led through by a README whose configuration is one, and whose numbers are theirs", async () => {
    const readme = await read("README.md");
    expect(readme).toContain(manifest.permissionsInteger);
    for (const name of Object.keys(manifest.permissions)) expect(readme).toContain(name.replace(/(?<=[a-z])(?=[A-Z])/g, " "));
    for (const { name } of manifest.commands) expect(readme).toContain(name);
    const applicationId = /applicationId: "(\d+)"/.exec(readme)?.[1];
    expect(discordSchema.parse({ token: "a.b.c", applicationId })).toMatchObject({ backfillMinutes: 60 });
  });
});

/** Discord's own values of what the manifest names. */
function pickFlags(): Readonly<Record<string, bigint>> {
  const flags = new Map(Object.entries(PermissionsBitField.Flags));
  return Object.fromEntries(Object.keys(manifest.permissions).map((name) => [name, flags.get(name) ?? 0n]));
}
