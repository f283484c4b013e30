import { agentsAsk, agentsCheck, agentsList } from "./agents.ts";
import { buriedList, buriedRedrive, buriedShow } from "./buried.ts";
import type { Command } from "./command.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { manifestDiscord } from "./manifest-discord.ts";
import { manifestSlack } from "./manifest-slack.ts";
import { manifestTeams } from "./manifest-teams.ts";
import { routesTest } from "./routes-test.ts";
import { schema } from "./schema.ts";
import { start } from "./start.ts";
import { trace } from "./trace.ts";

/** Every command, in the order in which help shows them. A new one is a file beside this and a line here. */
export const commands: readonly Command[] = [
  start,
  demo,
  doctor,
  trace,
  buriedList,
  buriedShow,
  buriedRedrive,
  agentsList,
  agentsCheck,
  agentsAsk,
  routesTest,
  manifestSlack,
  manifestTeams,
  manifestDiscord,
  schema,
];
