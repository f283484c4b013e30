import { randomInt } from "node:crypto";
import { AgentError } from "../../model/errors.ts";
import type { AgentConfig } from "../config.ts";
import type { AgentDescription } from "../describe.ts";
import { presetOf } from "../presets.ts";
import { type Ability, type Finding, isReal, type Outcome, untried } from "./finding.ts";
import { guessFromCard, guessFromUrl } from "./guess.ts";
import { createLine, type Line, type LineOptions } from "./line.ts";
import { tryMore } from "./more.ts";
import type { Arrival, PushBox } from "./push-box.ts";
import { type Keys, recommend } from "./recommend.ts";
import { tryWays } from "./ways.ts";
import { toAgentYaml } from "./yaml.ts";

export interface CheckOptions extends LineOptions {
  /** A harmless question. Absent: nothing is sent, and only the card is looked at. */
  readonly question?: string;
  /** Where pushes can arrive, or why they cannot. */
  readonly push: PushBox | string;
  /** Whether the address of an agent that is not configured may tell which system it is. */
  readonly guess: boolean;
}

/** What an agent declares, what is real, and how it should be configured. */
export interface CheckReport {
  readonly name: string;
  /** Absent where the card cannot be had or used; then `problem` says why, in words of the bridge. */
  readonly description?: AgentDescription;
  readonly problem?: string;
  readonly preset?: AgentConfig["preset"];
  readonly findings: readonly Finding[];
  /** How many messages were sent. */
  readonly messages: number;
  /** It was asked, and answered in some way. */
  readonly answered: boolean;
  readonly notes: readonly string[];
  /** Absent where nothing was asked or no way was found in which it answers. */
  readonly policy?: Keys;
  /** The policy as it can be pasted under `agents`. */
  readonly yaml?: string;
}

/** Asks the agent a few harmless things and believes only what it sees. Throws what is no AgentError. */
export async function checkAgent(options: CheckOptions, signal: AbortSignal): Promise<CheckReport> {
  const { name } = options;
  const known = withGuess(options);
  try {
    const { config, description, notes } = await meet(options, known, signal);
    const line = createLine({ ...options, config });
    const found = await findOut(line, options, config, description, signal);
    const policy = options.question === undefined ? undefined : recommend(name, config, found);
    return {
      name,
      description,
      preset: config.preset,
      findings: found.findings,
      messages: line.messages,
      answered: found.answered,
      notes: [...notes, ...found.notes],
      ...(policy && { policy, yaml: toAgentYaml(name, policy) }),
    };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return {
      name,
      preset: known.preset,
      problem: error.explanation ?? error.message,
      findings: [],
      messages: 0,
      answered: false,
      notes: [],
    };
  }
}

function withGuess({ config, guess }: CheckOptions): AgentConfig {
  const preset = guess && config.preset === undefined ? guessFromUrl(config.url) : undefined;
  return preset === undefined ? config : { ...config, preset };
}

interface Met {
  readonly config: AgentConfig;
  readonly description: AgentDescription;
  readonly notes: readonly string[];
}

/** Looks at the card, and settles who is to be asked. */
async function meet(options: CheckOptions, config: AgentConfig, signal: AbortSignal): Promise<Met> {
  const description = await createLine({ ...options, config })
    .client("stream")
    .describe(signal);
  const preset = config.preset ?? (options.guess ? guessFromCard(description) : undefined);
  const guessed = preset !== undefined && options.config.preset === undefined;
  const notes = guessed ? [`It looks like ${preset}, so that preset is used; --preset none does without.`] : [];
  const whole = preset === undefined ? config : { ...config, preset };
  const [first, ...others] = description.skills;
  const chosen = whole.employee !== undefined || whole.metadata?.employee_id !== undefined;
  if (presetOf(whole).employees !== true || chosen || first === undefined || others.length === 0)
    return { config: whole, description, notes };
  const employees = `No employee is chosen, so ${first.name} was asked; there are: ${description.skills.map((skill) => skill.name).join(", ")}.`;
  return { config: { ...whole, employee: first.name }, description, notes: [...notes, employees] };
}

interface Found {
  readonly findings: readonly Finding[];
  readonly answered: boolean;
  readonly endless: boolean;
  readonly contextId: Line["policy"]["contextId"];
  readonly arrivals: readonly Arrival[];
  readonly notes: readonly string[];
}

async function findOut(
  line: Line,
  options: CheckOptions,
  config: AgentConfig,
  { declared }: AgentDescription,
  signal: AbortSignal,
): Promise<Found> {
  const declares: Partial<Record<Ability, boolean>> = { stream: declared.streaming, push: declared.push };
  const found = (ability: Ability, { real, seen }: Outcome): Finding => ({ ability, declared: declares[ability], real, seen });
  const silent = mustStaySilent(line, options);
  const abilities: readonly Ability[] = ["stream", "blocking", "push", "memory", "get", "list", "resubscribe", "cancel"];
  if (silent !== undefined || options.question === undefined) {
    const why = untried(silent ?? "nothing was sent");
    return {
      findings: abilities.map((ability) => found(ability, why)),
      ...{ answered: false, endless: false, contextId: line.policy.contextId, arrivals: [], notes: silent === undefined ? [] : [silent] },
    };
  }
  const code = `heron-${randomInt(1_000, 10_000)}`;
  const question = `Code word: ${code}. ${options.question}`;
  const ways = await tryWays(line, { question, config, box: options.push, declaresPush: declared.push }, signal);
  const box = typeof options.push === "string" ? undefined : options.push;
  const more = await tryMore(line, ways, { code, question, box }, signal);
  const outcomes = { stream: ways.stream, blocking: ways.blocking, push: ways.push, ...more.outcomes };
  return {
    findings: abilities.map((ability) => found(ability, outcomes[ability])),
    answered: ways.base !== undefined,
    endless: ways.stream.endless,
    contextId: ways.needsContext ? "client" : (more.contextId ?? line.policy.contextId),
    arrivals: ways.arrivals,
    notes: toNotes(config, outcomes),
  };
}

/** Why nothing may be sent although it was allowed. */
function mustStaySilent({ policy }: Line, { metadata }: CheckOptions): string | undefined {
  const { required, fields } = policy.identity;
  if (!required || !fields.includes("userPrincipalName") || metadata.userPrincipalName !== undefined) return undefined;
  return "The agent must know who asks: name a person with --as.";
}

function toNotes(config: AgentConfig, outcomes: Readonly<Record<Ability, Outcome>>): readonly string[] {
  const forgetful = outcomes.memory.real === "no" && (config.transcript ?? 0) === 0;
  const unguarded = /without/.test(outcomes.push.seen) && isReal(outcomes.push);
  return [
    ...(forgetful ? ["It has no memory: with `transcript: 4000` the bridge sends along what was said before."] : []),
    ...(unguarded ? ["Its pushes carry no secret: allow only its own addresses with `push.allowFrom`."] : []),
  ];
}
