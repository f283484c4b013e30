import { existsSync } from "node:fs";
import { type Answer, askAgent } from "./agents/check/ask.ts";
import { type CheckReport, checkAgent } from "./agents/check/check.ts";
import { toPlain } from "./agents/check/plain.ts";
import { toText } from "./agents/check/table.ts";
import { type AgentsCommand, type Asked, findAsked } from "./agents-asked.ts";
import { openDoor } from "./agents-door.ts";
import type { Environment } from "./config/variables.ts";
import { type Config, loadConfig, loadDraft, usualPath } from "./config.ts";
import { createGuardedFetch } from "./http/fetch.ts";
import { silentLog } from "./log.ts";
import { type Clock, systemClock } from "./model/clock.ts";
import { AgentError } from "./model/errors.ts";

export interface AgentsIo {
  readonly env: Environment;
  /** The result, and nothing else. */
  readonly out: (text: string) => void;
  /** What is going on. */
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** How long to wait for one answer. Default: a minute. */
  readonly patienceMs?: number;
}

const [fine, failed, unusable, unanswered] = [0, 1, 3, 4];
const harmless = "This is a connection test: please answer in one short sentence.";

/** `agents list`, `check` and `ask`. Resolves to the exit code; throws ConfigError. */
export async function runAgents(command: AgentsCommand, io: AgentsIo): Promise<number> {
  const config = await configOf(command, io.env);
  if (command.verb === "list") return list(config, command.json, io);
  const asked = findAsked(command, config);
  const guarded = createGuardedFetch(asked.config.outbound);
  try {
    return command.verb === "check" ? await check(command, asked, guarded.fetch, io) : await ask(command, asked, guarded.fetch, io);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.err("stopped\n");
    return failed;
  } finally {
    await guarded.close();
  }
}

/**
 * An address needs no configuration; where there is one, its network settings hold. Secrets that are not there are only missed where they
 * are needed: those of the platforms never are, and those of an agent by whoever asks that one.
 */
async function configOf(command: AgentsCommand, env: Environment): Promise<Config | undefined> {
  const named = { ...(command.path !== undefined && { path: command.path }), env };
  const byAddress = command.verb !== "list" && /^https?:/i.test(command.target);
  if (byAddress && command.path === undefined && !existsSync(usualPath)) return undefined;
  const { config, missing } = await loadDraft(named);
  if (command.verb === "list") return config;
  const isNeeded = (key: string) => /^(publicUrl|listen|outbound)\b/.test(key) || key.startsWith(`agents.${command.target}.`);
  return missing.some(isNeeded) ? loadConfig(named) : config;
}

function list(config: Config | undefined, json: boolean, io: AgentsIo): number {
  const agents = Object.entries(config?.agents ?? {}).map(([name, { url, preset, dialect, auth }]) => ({
    ...{ name, url, preset, dialect },
    auth: auth?.type ?? "none",
    routes: (config?.routes ?? []).filter(({ agent }) => agent === name).map(({ agent: _, followUps: _followUps, ...where }) => where),
  }));
  if (json) io.out(`${JSON.stringify(agents, undefined, 2)}\n`);
  else
    for (const { name, url, preset, auth, routes } of agents) {
      const where = routes.map((route) => Object.values(route).join(" ") || "everywhere else").join(", ");
      io.out(`${name}\n  url     ${url}\n  preset  ${preset ?? "none"}\n  auth    ${auth}\n  answers ${where}\n`);
    }
  return fine;
}

async function check(
  command: Extract<AgentsCommand, { verb: "check" }>,
  asked: Asked,
  fetch: typeof globalThis.fetch,
  io: AgentsIo,
): Promise<number> {
  const clock = io.clock ?? systemClock;
  const door = command.send ? await openDoor(asked, { clock, log: silentLog }) : undefined;
  try {
    if (command.send && !command.json) io.err(`Asking ${asked.name}; this takes up to some minutes.\n`);
    const report = await checkAgent(
      {
        ...{ name: asked.name, config: asked.agent, guess: asked.guess, fetch, clock, log: silentLog, metadata: asked.metadata },
        patienceMs: io.patienceMs ?? 60_000,
        push: door?.box ?? door?.why ?? "no push can arrive here",
        ...(command.send && { question: command.question ?? harmless }),
      },
      io.signal,
    );
    io.out(command.json ? `${JSON.stringify(report, undefined, 2)}\n` : toText(report));
    return toExitCode(report);
  } finally {
    await door?.close();
  }
}

function toExitCode({ description, messages, answered }: CheckReport): number {
  if (description === undefined) return unusable;
  return messages > 0 && !answered ? unanswered : fine;
}

async function ask(
  command: Extract<AgentsCommand, { verb: "ask" }>,
  asked: Asked,
  fetch: typeof globalThis.fetch,
  io: AgentsIo,
): Promise<number> {
  const clock = io.clock ?? systemClock;
  const door = await openDoor(asked, { clock, log: silentLog });
  const { name, agent: config, metadata } = asked;
  try {
    const answer = await askAgent(
      {
        ...{ name, config, fetch, clock, log: silentLog, metadata, text: command.text, push: door.box },
        onText: (text) => !command.json && io.out(text),
        onProgress: (text) => io.err(`[${text}]\n`),
      },
      io.signal,
    );
    if (command.json) io.out(`${JSON.stringify(answer, undefined, 2)}\n`);
    else io.out("\n");
    return told(answer, io);
  } catch (error) {
    if (!(error instanceof AgentError) || io.signal.aborted) throw error;
    const why = toPlain(error.explanation ?? error.message);
    if (command.json) io.out(`${JSON.stringify({ outcome: "error", kind: error.kind, why }, undefined, 2)}\n`);
    io.err(`${name}: ${why}\n`);
    return error.kind === "unreachable" ? unusable : unanswered;
  } finally {
    await door.close();
  }
}

function told({ outcome }: Answer, io: AgentsIo): number {
  if (outcome === "completed") return fine;
  io.err(`[${outcome}]\n`);
  return outcome === "inputRequired" || outcome === "authRequired" ? fine : unanswered;
}
