import { guessFromUrl } from "./agents/check/guess.ts";
import { type AgentConfig, presetNames } from "./agents/config.ts";
import { toPolicy } from "./agents/policy.ts";
import { findProblems, toConfigError } from "./config/problems.ts";
import { configSchema } from "./config/schema.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./model/errors.ts";

/** What is asked of `a2a-chat-bridge agents`. */
export type AgentsCommand =
  | { readonly kind: "agents"; readonly verb: "list"; readonly path?: string; readonly json: boolean }
  | (Target & {
      readonly kind: "agents";
      readonly verb: "check";
      /** Messages may be sent. */
      readonly send: boolean;
      /** In place of the usual question. */
      readonly question?: string;
    })
  | (Target & { readonly kind: "agents"; readonly verb: "ask"; readonly text: string });

interface Target {
  /** A name of the configuration, or an address. */
  readonly target: string;
  readonly path?: string;
  readonly json: boolean;
  /** The user principal name in which the agent is asked. */
  readonly as?: string;
  /** For an address: the token, the preset, or `none`. */
  readonly bearer?: string;
  readonly preset?: string;
}

/** Whom a command is about. */
export interface Asked {
  readonly name: string;
  readonly agent: AgentConfig;
  /** With this agent in it. */
  readonly config: Config;
  /** It is not configured: its address may tell what it is. */
  readonly guess: boolean;
  /** Who asks, as far as the agent's policy wants to know. */
  readonly metadata: Readonly<Record<string, string>>;
}

type Command = Exclude<AgentsCommand, { verb: "list" }>;

/** Throws ConfigError for a name that is not configured, and for options that cannot be used. */
export function findAsked(command: Command, config: Config | undefined): Asked {
  const { target } = command;
  const known = config !== undefined && Object.hasOwn(config.agents, target) ? config.agents[target] : undefined;
  if (config !== undefined && known !== undefined)
    return { name: target, agent: known, config, guess: false, metadata: toMetadata(known, command.as) };
  if (!/^https?:\/\//i.test(target))
    throw new ConfigError(`There is no agent ${target} in the configuration. There are: ${Object.keys(config?.agents ?? {}).join(", ")}.`);
  return fromAddress(command, config);
}

function fromAddress({ target, bearer, preset, as }: Command, config: Config | undefined): Asked {
  const presets: readonly string[] = [...presetNames, "none"];
  if (preset !== undefined && !presets.includes(preset))
    throw new ConfigError(`--preset: there is no preset ${preset}. There are: ${presets.join(", ")}.`);
  const name = toName(preset ?? guessFromUrl(target) ?? "", target);
  const raw = {
    ...(config ?? { outbound: { allowPrivateNetworks: isThisMachine(target) }, listen: { port: 0 } }),
    agents: {
      [name]: {
        url: target,
        ...(bearer !== undefined && { auth: { type: "bearer", token: bearer } }),
        ...(preset !== undefined && preset !== "none" && { preset }),
      },
    },
  };
  const parsed = configSchema.safeParse(raw);
  const agent = parsed.data?.agents[name];
  if (!parsed.success || agent === undefined) throw toConfigError(target, parsed.error ? findProblems(parsed.error, raw) : []);
  return { name, agent, config: parsed.data, guess: preset === undefined, metadata: toMetadata(agent, as) };
}

/** An admin who names an address of this machine wants it to be reached. */
function isThisMachine(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

function toName(preset: string, url: string): string {
  if (preset !== "" && preset !== "none") return preset;
  const [first = ""] = new URL(url).hostname.split(".");
  return /^[a-z][a-z0-9-]*$/i.test(first) ? first : "agent";
}

/** What a thread would tell; nothing is made up that an agent could take for an identity. */
function toMetadata(agent: AgentConfig, as: string | undefined): Readonly<Record<string, string>> {
  const { fields } = toPolicy(agent).identity;
  const known: Readonly<Record<string, string | undefined>> = { userPrincipalName: as, platform: "cli", displayName: as };
  return Object.fromEntries(
    fields.flatMap((field): [string, string][] => {
      const value = known[field];
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
