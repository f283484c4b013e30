import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import { findContradictions } from "./config/contradictions.ts";
import { schemaAt } from "./config/json-schema.ts";
import type { Path } from "./config/path.ts";
import { findProblems, type Problem, toConfigError } from "./config/problems.ts";
import { configSchema, type ParsedConfig } from "./config/schema.ts";
import { type Environment, substitute } from "./config/variables.ts";
import { ConfigError } from "./model/errors.ts";

/** The configuration as the bridge uses it: parsed, with its defaults, and with at least one route. */
export type Config = ParsedConfig;

/** Where the configuration is looked for when none is named. */
export const usualPath = "bridge.config.yaml";

/** The only place that reads the process's environment. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Reads and parses the file. Throws ConfigError, which names every problem at once. */
export async function loadConfig(options: { readonly path?: string; readonly env: Environment }): Promise<Config> {
  const path = options.path ?? usualPath;
  return parseConfig(parseYaml(await readText(path, options.path !== undefined), path), options.env, path);
}

/** A configuration that need not be whole yet: what an app manifest is made of, before the app exists whose secrets it names. */
export interface Draft {
  /** Stand-ins stand where a secret is missing: never run a bridge with it. */
  readonly config: Config;
  /** The keys whose variable or file is missing, such as `slack.botToken`. */
  readonly missing: readonly string[];
}

/** Reads the file as `loadConfig` does, but forgives secrets that are not there yet. Throws ConfigError for everything else. */
export async function loadDraft(options: { readonly path?: string; readonly env: Environment }): Promise<Draft> {
  const path = options.path ?? usualPath;
  const raw = parseYaml(await readText(path, options.path !== undefined), path);
  const substituted = substitute(raw, options.env, typeAt, standInAt);
  return { config: toConfig(substituted, path), missing: substituted.missing };
}

/** `raw` is what stands in a configuration file. Throws ConfigError, which names every problem at once. */
export function parseConfig(raw: unknown, env: Environment, source = "the configuration"): Config {
  return toConfig(substitute(raw, env, typeAt), source);
}

function toConfig({ value, problems }: { readonly value: unknown; readonly problems: readonly Problem[] }, source: string): Config {
  const parsed = configSchema.safeParse(value);
  const found = parsed.success ? findContradictions(parsed.data) : findProblems(parsed.error, value);
  const all = [...problems, ...found.filter((problem) => !problems.some(({ key }) => key === problem.key))];
  if (!parsed.success || all.length > 0) throw toConfigError(source, all);
  return withRoutes(parsed.data);
}

const typeAt = (path: Path) => String(schemaAt(path)?.type);

/** One of them has the shape of whatever secret is missing. */
const standIns = [
  "stand-in-for-a-secret",
  "xoxb-stand-in",
  "xapp-1-stand-in",
  "https://stand-in.invalid",
  "00000000-0000-4000-8000-000000000000",
];

function standInAt(path: Path): string {
  const pattern = schemaAt(path)?.pattern;
  return standIns.find((value) => pattern === undefined || new RegExp(pattern).test(value)) ?? "";
}

/** One agent needs no routes: it answers everywhere. */
function withRoutes(config: Config): Config {
  const [only] = Object.keys(config.agents);
  if (config.routes.length > 0 || only === undefined) return config;
  return { ...config, routes: [{ agent: only, followUps: "asker" }] };
}

async function readText(path: string, named: boolean): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const remedy = named
      ? "Name an existing file with --config or BRIDGE_CONFIG."
      : "Copy bridge.config.example.yaml to that name, or name another file with --config or BRIDGE_CONFIG. The command demo needs none.";
    throw new ConfigError(`The configuration file ${path} cannot be read. ${remedy}`, { cause });
  }
}

/** The parser's own messages quote the file, which may hold secrets: only their code and place are told. */
function parseYaml(text: string, path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map(({ code, pos }): Problem => {
    const { line, col } = lines.linePos(pos[0]);
    const what = code.toLowerCase().replaceAll("_", " ");
    return {
      key: `line ${line}, column ${col}`,
      problem: `is not YAML (${what})`,
      remedy: "Look for a quote, colon or indentation there.",
    };
  });
  if (problems.length > 0) throw toConfigError(path, problems);
  return document.toJS({ maxAliasCount: 100 });
}
