import { home } from "../discord/realm.ts";
import { createDiscordSimulator } from "../discord/simulator.ts";
import { createDiscordPlatform } from "../page/discord.ts";
import { toHints } from "./hints.ts";
import type { DemoPlatform } from "./part.ts";
import { discordRooms } from "./rooms.ts";

export async function createDemoDiscord(): Promise<DemoPlatform> {
  const simulator = await createDiscordSimulator({ people: [{ id: "cleo", name: "Cleo Carver" }] });
  const { realm } = simulator;
  realm.channels.clear();
  simulator.addChannel({ id: home.category, name: "Support", type: "category" });
  for (const { id, name, forum } of discordRooms) {
    if (id !== undefined) simulator.addChannel({ id, name, parent: home.category, type: forum === true ? "forum" : "text" });
  }
  for (const { id, bot } of realm.people.values()) if (!bot) simulator.direct(id);
  const [ann, ben] = ["ann", "ben"].map((id) => realm.people.get(id)?.userId);
  return {
    platform: createDiscordPlatform({ simulator, hints: toHints(realm.channels.keys(), discordRooms) }),
    config: {
      discord: { ...simulator.config },
      // Discord vouches for nobody: the admin has written down two of the three.
      identity: { map: { [`discord:*:${ann}`]: "ann@acme.test", [`discord:*:${ben}`]: "ben@acme.test" } },
    },
    rooms: discordRooms,
    connect: () => undefined, // the bridge comes by itself
    admin: ["manifest", "discord", "--apply"],
    limit: (on) => simulator.outage(on ? { kind: "429", retryAfter: 2 } : undefined),
    stop: () => simulator.stop(),
  };
}
