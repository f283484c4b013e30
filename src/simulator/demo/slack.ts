import { createSlackPlatform } from "../page/slack.ts";
import { createSlackSimulator } from "../slack/simulator.ts";
import { toHints } from "./hints.ts";
import type { DemoPlatform } from "./part.ts";
import { slackRooms } from "./rooms.ts";

/** Slack sends an event again after 0, 1 and 5 minutes. Here that goes faster, and on for two minutes: nobody wants to wait for it. */
const retryDelaysMs = [0, 1_000, 2_000, ...Array.from({ length: 24 }, () => 5_000)];

export async function createDemoSlack(): Promise<DemoPlatform> {
  const simulator = await createSlackSimulator({ retryDelaysMs });
  const { channels } = simulator.workspace;
  channels.clear();
  simulator.addPerson({ id: "UCLEO", name: "Cleo Carver", email: "cleo@elsewhere.test", guest: "multi" });
  for (const { id, name } of slackRooms) if (id !== undefined) simulator.addChannel({ id, name });
  for (const user of ["UANN", "UBEN", "UCLEO"]) simulator.direct(user);
  return {
    platform: createSlackPlatform({ simulator, hints: toHints(channels.keys(), slackRooms) }),
    config: { slack: { ...simulator.config, feedbackButtons: true } },
    rooms: slackRooms,
    connect: (bridgeUrl) => simulator.target(`${bridgeUrl}/slack/events`),
    limit: (on) => simulator.outage(on ? { kind: "429", retryAfter: 2 } : undefined),
    stop: () => simulator.stop(),
  };
}
