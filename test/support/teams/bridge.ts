import type { TeamsSimulatorOptions } from "../../../src/simulator/teams/parts.ts";
import { createTeamsSimulator, type TeamsSimulator } from "../../../src/simulator/teams/simulator.ts";
import type { Stage } from "../stage.ts";
import type { World, WorldOptions } from "../world.ts";

export const help = "19:help@thread.tacv2";

/** As fast as nobody may be with the real Teams: tests are not about its limits unless they say so. */
export const fast = { perSecond: 100, perTwoSeconds: 200, perHalfMinute: 2_000, perHour: 100_000 };

/** A bridge with its real Teams adapter behind its real door, beside a simulated tenant. Slack is there and says nothing. */
export async function createTeamsBridge(
  stage: Stage,
  options: Omit<WorldOptions, "onStart"> & {
    readonly teams?: TeamsSimulatorOptions;
    readonly settings?: Readonly<Record<string, unknown>>;
  },
): Promise<{ readonly teams: TeamsSimulator; readonly world: World }> {
  const teams = await createTeamsSimulator({ answerMs: 5_000, streamIntervalMs: 50, ...options.teams });
  stage.owns(() => teams.stop());
  const world = await stage.world({
    ...options,
    config: { teams: { ...teams.config, welcome: "", pace: fast, ...options.settings }, ...options.config },
    onStart: (url) => teams.target(`${url}/api/messages`),
  });
  return { teams, world };
}

/** What the bot has said, without signs and without what is still being written. */
export function said(
  messages: readonly { readonly bot: boolean; readonly streaming: boolean; readonly text: string }[],
): readonly string[] {
  return messages.filter(({ bot, streaming, text }) => bot && !streaming && !signs.includes(text)).map(({ text }) => text);
}

const signs = ["Working on it…", "Writing…", "_Done._", "thinking"];
