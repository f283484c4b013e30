import { toPolicy } from "../agents/policy.ts";
import { matches, type Route } from "../bridge/route.ts";
import { type Config, loadDraft } from "../config.ts";
import type { ThreadRef } from "../model/thread.ts";
import { configOption, defineCommand, jsonOption, namedConfig, toJsonText } from "./command.ts";

const nobody = 3;
const platforms = ["slack", "teams", "discord"] as const;

export const routesTest = defineCommand({
  name: "routes test",
  words: ["<platform>", "<workspace>", "<channel>"],
  summary: "which agent would answer there, and why",
  options: { config: configOption, json: jsonOption },
  more: `Ids are those of the platform: for Slack a team T0123 and a channel C0123, for Teams a tenant and a channel
19:...@thread.tacv2, for Discord a server and a channel. A thread that already talks to an agent stays with it.`,
  exits: { [nobody]: "no agent would answer" },
  parse(given) {
    const [named = "", workspace = "", channel = ""] = given.words;
    const platform = platforms.find((known) => known === named);
    if (platform === undefined) return `there is no platform ${named}: it is ${platforms.join(", ")}`.replace(/, (\w+)$/, " or $1");
    return { ...namedConfig(given), place: { platform, workspace, channel }, json: given.flag("json") };
  },
  async run({ place, json, ...named }, host) {
    const { config } = await loadDraft({ ...named, env: host.env });
    const tried = tryRoutes(config, { ...place, thread: "", address: null });
    const chosen = tried.find(({ why }) => why === undefined);
    const here = config[place.platform] !== undefined;
    const agent = here && chosen ? toAgent(config, chosen.route) : undefined;
    if (json) host.out(toJsonText({ ...place, agent: agent ?? null, routes: tried }));
    else {
      for (const { name, route, why } of tried)
        host.out(`  ${why === undefined ? "yes" : "no "}  ${name}: ${route.agent}, ${why ?? toReach(route)}\n`);
      const remedy = here ? "add a route, or one without conditions" : `${place.platform} is not in the configuration`;
      host.out(agent === undefined ? `\nNobody answers there: ${remedy}.\n` : toText(agent));
    }
    return agent === undefined ? nobody : 0;
  },
});

interface Tried {
  readonly name: string;
  readonly route: Route;
  /** Why it is not this one. */
  readonly why?: string;
}

/** The routes down to the one that answers. */
function tryRoutes({ routes }: Config, thread: ThreadRef): readonly Tried[] {
  const at = routes.findIndex((route) => matches(route, thread));
  return routes.slice(0, at < 0 ? routes.length : at + 1).map((route, index) => {
    const name = `routes[${index}]`;
    return index === at ? { name, route } : { name, route, why: toMismatch(route, thread) };
  });
}

function toMismatch(route: Route, thread: ThreadRef): string {
  const wanted = Object.entries(route).filter(([key]) => key !== "agent" && key !== "followUps");
  const here = new Map<string, unknown>(Object.entries(thread));
  const [key, value] = wanted.find(([key, value]) => value !== undefined && here.get(key) !== value) ?? [];
  return key === undefined ? "for other people" : `for ${key} ${String(value)}`;
}

function toReach({ platform, workspace, channel }: Route): string {
  const conditions = Object.entries({ platform, workspace, channel }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${value}`],
  );
  return conditions.length === 0 ? "everywhere else" : `for ${conditions.join(", ")}`;
}

function toAgent({ agents }: Config, { agent, followUps }: Route) {
  const config = agents[agent];
  if (config === undefined) return undefined;
  const { identity, threadIdentity, whileRunning } = toPolicy(config);
  return { name: agent, url: config.url, followUps, identityRequired: identity.required, threadIdentity, whileRunning };
}

function toText({ name, url, followUps, identityRequired, threadIdentity, whileRunning }: NonNullable<ReturnType<typeof toAgent>>): string {
  const goOn = { asker: "only who began a thread", thread: "everybody", mention: "nobody" }[followUps];
  return `
${name} answers there (${url}).
  identity   ${identityRequired ? "needed: whose identity is not proven is refused" : "not needed"}
  threads    ${goOn} may go on in a thread without a mention (followUps: ${followUps}; threadIdentity: ${threadIdentity})
  meanwhile  a message that comes while it works: ${whileRunning}
`;
}
