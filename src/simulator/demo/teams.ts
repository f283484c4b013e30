import { createTeamsPlatform } from "../page/teams.ts";
import { createTeamsSimulator } from "../teams/simulator.ts";
import { toHints } from "./hints.ts";
import type { DemoPlatform } from "./part.ts";
import { teamsRooms } from "./rooms.ts";

/** The team has the id of its General channel, which is not shown here. */
const team = "19:acme@thread.tacv2";

export async function createDemoTeams(): Promise<DemoPlatform> {
  const simulator = await createTeamsSimulator({ people: [{ id: "cleo", name: "Cleo Carver", kind: "guest" }] });
  const { conversations, teams, people } = simulator.tenant;
  conversations.clear();
  teams.clear();
  for (const user of people.keys()) simulator.personal(user);
  simulator.addTeam({ id: team, name: "Acme" });
  for (const { id = "", name } of teamsRooms) {
    if (id.endsWith("@thread.tacv2")) simulator.addChannel({ id, team, name });
    if (id.endsWith("@thread.v2")) simulator.addGroup({ id, name });
  }
  const shown = [...conversations.keys()].filter((id) => id !== team);
  return {
    platform: createTeamsPlatform({ simulator, hints: toHints(shown, teamsRooms) }),
    config: { teams: { ...simulator.config, welcome: "" } },
    rooms: teamsRooms,
    connect: (bridgeUrl) => simulator.target(`${bridgeUrl}/api/messages`),
    limit: (on) => simulator.outage(on ? { kind: "429", retryAfter: 2 } : undefined),
    stop: () => simulator.stop(),
  };
}
