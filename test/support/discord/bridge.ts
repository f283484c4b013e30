import { commands } from "../../../adapters/discord/manifest.ts";
import type { DiscordSimulatorOptions } from "../../../src/simulator/discord/parts.ts";
import type { Shown } from "../../../src/simulator/discord/show.ts";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";
import type { Stage } from "../stage.ts";
import type { World, WorldOptions } from "../world.ts";

/** A bridge with its real Discord adapter, beside a simulated Discord in which its commands are registered. Slack is there and says nothing. */
export async function createDiscordBridge(
  stage: Stage,
  options: WorldOptions & { readonly discord?: DiscordSimulatorOptions; readonly settings?: Readonly<Record<string, unknown>> },
): Promise<{ readonly discord: DiscordSimulator; readonly world: World }> {
  const discord = await createDiscordSimulator(options.discord);
  stage.owns(() => discord.stop());
  await registerCommands(discord);
  const world = await stage.world({
    ...options,
    config: { discord: { ...discord.config, ...options.settings }, ...options.config },
  });
  return { discord, world };
}

/** As the manifest does it. */
async function registerCommands({ config }: DiscordSimulator): Promise<void> {
  const answer = await fetch(`${config.apiUrl}/v10/applications/${config.applicationId}/commands`, {
    method: "PUT",
    headers: {
      authorization: `Bot ${config.token}`,
      "user-agent": "DiscordBot (https://example.test, 1)",
      "content-type": "application/json",
    },
    body: JSON.stringify(commands),
  });
  if (answer.status !== 200) throw new Error(`the commands are not taken: ${answer.status} ${await answer.text()}`);
}

/** What the bot has said, without what is still being written. */
export function said(messages: readonly Shown[]): readonly string[] {
  return messages.filter(({ bot, text, onlyFor }) => bot && text !== "…" && onlyFor === undefined).map(({ text }) => text);
}

/** What the bot has said in a thread that may still have to be opened. */
export function saidIn(discord: DiscordSimulator, channel: string, thread: string): readonly string[] {
  return said(discord.threads(channel).find(({ id }) => id === thread)?.replies ?? []);
}
