import { type Args, isRecord, requiredArg } from "../arguments.ts";
import { parseBlocks } from "../content.ts";
import type { Desk, Methods } from "../method.ts";
import { refuse } from "../refusal.ts";
import { toWireUser } from "../wire.ts";

/** Who is who, what a person's App Home shows, and where the app connects to. */
export const peopleMethods: Methods = {
  "auth.test": { scopes: [], run: whoAmI },
  "users.info": { scopes: ["users:read"], run: user },
  "views.publish": { scopes: [], run: publish },
  "apps.connections.open": { scopes: ["connections:write"], appLevel: true, run: (desk) => ({ url: desk.openConnection() }) },
};

function whoAmI({ workspace: { app, team, people } }: Desk) {
  return {
    url: "https://acme.slack.com/",
    team: team.name,
    user: people.get(app.botUser)?.name,
    team_id: team.id,
    user_id: app.botUser,
    bot_id: app.botId,
    is_enterprise_install: false,
  };
}

function user({ workspace }: Desk, args: Args) {
  const person = workspace.people.get(requiredArg(args, "user"));
  return person === undefined ? refuse("user_not_found") : { user: toWireUser(workspace, person) };
}

function publish({ workspace }: Desk, args: Args) {
  if (!workspace.people.has(requiredArg(args, "user_id"))) return refuse("user_not_found");
  if (!isRecord(args.view) || args.view.type !== "home") return refuse("invalid_arguments");
  parseBlocks(args.view.blocks);
  return { view: { id: `V${workspace.ts()}`, type: "home" } };
}
