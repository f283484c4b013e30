import { accountForm, findClashes, isPrincipalName, parseAccount, type Vouched } from "../model/account.ts";
import { nearest, type Problem } from "./problems.ts";
import type { ParsedConfig } from "./schema.ts";

/** What no single key shows: keys that do not fit each other. */
export function findContradictions(config: ParsedConfig): readonly Problem[] {
  return [
    ...findMissing(config),
    ...findBadRoutes(config),
    ...findUnreached(config),
    ...findDeaf(config),
    ...findBadPush(config),
    ...findBadFiles(config),
    ...findBadIdentities(config),
  ];
}

function findMissing({ agents, slack, teams, discord }: ParsedConfig): readonly Problem[] {
  const problems: Problem[] = [];
  if (Object.keys(agents).length === 0) {
    problems.push({ key: "agents", problem: "is empty", remedy: "Name at least one agent and its url." });
  }
  if (slack === undefined && teams === undefined && discord === undefined) {
    problems.push({
      key: "slack",
      problem: "is missing, and no other chat platform is configured",
      remedy:
        "Add slack with botToken and signingSecret (or appToken), teams with appId, appPassword and tenantId, or discord with token and applicationId.",
    });
  }
  return problems;
}

function findBadRoutes({ agents, routes, slack, teams, discord }: ParsedConfig): readonly Problem[] {
  const names = Object.keys(agents);
  const platforms = Object.entries({ slack, teams, discord }).flatMap(([name, section]) => (section === undefined ? [] : [name]));
  const isDefault = (route: (typeof routes)[number]) => (route.platform ?? route.workspace ?? route.channel ?? route.role) === undefined;
  const first = routes.findIndex(isDefault);
  return routes.flatMap((route, at) => {
    const key = `routes[${at}]`;
    const problems: Problem[] = [];
    if (!Object.hasOwn(agents, route.agent)) {
      const near = nearest(route.agent, names);
      const remedy = near === undefined ? `Name one of agents: ${names.join(", ")}.` : `Did you mean ${near}?`;
      problems.push({ key: `${key}.agent`, problem: `there is no agent ${route.agent}`, remedy });
    }
    if (route.platform !== undefined && !platforms.includes(route.platform)) {
      problems.push({
        key: `${key}.platform`,
        problem: `${route.platform} is not configured`,
        remedy: `Use ${platforms.join(", ")} or leave it out.`,
      });
    }
    if (first >= 0 && at > first) {
      const problem = isDefault(route)
        ? "is a second route without conditions"
        : `is never reached, since routes[${first}] has no conditions`;
      problems.push({
        key,
        problem,
        remedy: "Keep one route without conditions, as the last; give the others a channel, workspace, platform or role.",
      });
    }
    return problems;
  });
}

function findUnreached({ agents, routes }: ParsedConfig): readonly Problem[] {
  const names = Object.keys(agents);
  if (routes.length === 0 && names.length < 2) return [];
  if (routes.length === 0) {
    return [{ key: "routes", problem: "is missing, and there are several agents", remedy: `Say who answers where: ${names.join(", ")}.` }];
  }
  const unreached = names.filter((name) => !routes.some((route) => route.agent === name));
  return unreached.map((name) => ({
    key: `agents.${name}`,
    problem: "no route leads there",
    remedy: `Add a route with agent: ${name}, or remove the agent.`,
  }));
}

/** Whoever answers by push alone needs an address to push to. A bridge that may talk to its own machine has one (the demo). */
function findDeaf({ agents, publicUrl, outbound }: ParsedConfig): readonly Problem[] {
  if (publicUrl !== undefined || outbound.allowPrivateNetworks === true) return [];
  const deaf = Object.entries(agents).filter(([, { delivery, preset }]) =>
    delivery === undefined ? preset === "spark" : delivery.every((mode) => mode === "push"),
  );
  return deaf.map(([name]) => ({
    key: "publicUrl",
    problem: `is missing, and agents.${name} answers by push only`,
    remedy: "Put the address at which the agent reaches this bridge, such as https://bridge.example.com.",
  }));
}

/** A guard that does nothing must not look as if it did. */
function findBadPush({ agents, publicUrl }: ParsedConfig): readonly Problem[] {
  return Object.entries(agents).flatMap(([name, { push }]) => {
    const key = `agents.${name}.push`;
    const problems: Problem[] = [];
    if (push?.listen !== undefined && push.auth !== "none") {
      problems.push({ key: `${key}.listen`, problem: "is for a fixed URL only", remedy: "Add auth: none beside it, or remove it." });
    }
    if (push?.auth === "jwt" && push.jwt === undefined) {
      problems.push({ key: `${key}.jwt`, problem: "is missing", remedy: "Say whose tokens are accepted: jwksUrl, issuer, audience." });
    }
    if (push?.jwt !== undefined && push.jwt.audience === undefined && publicUrl === undefined) {
      problems.push({
        key: `${key}.jwt.audience`,
        problem: "is missing, and there is no publicUrl",
        remedy: "Put the audience that the tokens name.",
      });
    }
    return problems;
  });
}

/** A link leads to the bridge, which must have an address for it. */
function findBadFiles({ agents, publicUrl, outbound }: ParsedConfig): readonly Problem[] {
  if (publicUrl !== undefined || outbound.allowPrivateNetworks === true) return [];
  return Object.entries(agents).flatMap(([name, { files }]) =>
    files?.as === "link"
      ? [
          {
            key: `agents.${name}.files.as`,
            problem: "a link would lead to the bridge, which has no public address",
            remedy: "Set publicUrl, or use bytes.",
          },
        ]
      : [],
  );
}

function findBadIdentities({ identity }: ParsedConfig): readonly Problem[] {
  const all = Object.entries(identity.map).map(([key, name]) => ({ where: `identity.map.${key}`, account: parseAccount(key), name }));
  const bad = all.flatMap(({ where, account, name }): readonly Problem[] => {
    if (typeof account === "string") return [{ key: where, problem: account, remedy: `Write ${accountForm}.` }];
    return isPrincipalName(name)
      ? []
      : [{ key: where, problem: "is not a user principal name", remedy: "Write one such as ann@example.com." }];
  });
  const good = all.flatMap(({ where, account, name }): readonly Vouched[] =>
    typeof account === "string" ? [] : [{ where, account, userPrincipalName: name }],
  );
  const clashes = findClashes(good).map(({ where, problem }) => ({ key: where, problem, remedy: "Remove one of the two." }));
  return [...bad, ...clashes];
}
