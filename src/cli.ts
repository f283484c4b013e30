import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { type AgentsCommand, type AgentsValues, agentsOptions, parseAgentsCommand } from "./cli-agents.ts";
import type { Environment } from "./config/variables.ts";
import { usualPath } from "./config.ts";

/** What the process is asked to do. */
export type Command =
  /** Without `path` the usual file is meant. */
  | { readonly kind: "start"; readonly path?: string }
  | { readonly kind: "demo"; readonly port: number }
  /** Without `out` the schema goes to standard output. */
  | { readonly kind: "schema"; readonly out?: string }
  | AgentsCommand
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "misunderstood"; readonly why: string };

export const help = `a2a-chat-bridge: a chat thread talks to a remote A2A agent and never loses a word

  npm start -- [command] [options]

  start    run the bridge; never falls back to the demo
  demo     run a simulated Slack, an agent for every preset and the bridge, with a page to try them
  schema   print the JSON Schema of the configuration
  agents   list                        the agents of the configuration, and where they answer
           check <name or url>         what an agent declares, what is real, and the policy it should have
           ask <name or url> "<text>"  send one message and print the answer as it comes
  help     print this
  version  print the version

  Without a command: start where there is a configuration, otherwise demo.

  --config <file>  start, agents: the configuration; or BRIDGE_CONFIG; otherwise ${usualPath}
  --port <number>  demo: the port of the page; otherwise a free one
  --out <file>     schema: where to write it
  --yes            agents check: send a few harmless messages; without it only the card is looked at
  --ask <question> agents check: the same, with a question of your own; it goes along several times, with a code word
  --as <name>      agents check, ask: the user principal name to ask in, for an agent that must know who asks
  --bearer <token> agents check, ask: for an address that is not in the configuration
  --preset <name>  agents check, ask: the same; spark, brightsy, inkeep, sistava, agentspace, or none
  --json           agents: print JSON

  Ends with 0 after it was asked to stop, with 1 when it cannot start or run or was stopped by force,
  with 2 when the command line is not understood. agents check and ask end with 3 when the agent's card
  cannot be had or used, and with 4 when the agent was asked and did not answer.
`;

/** Never throws. `exists` says whether there is a file of that name. */
export function parseCommand(args: readonly string[], env: Environment, exists: (path: string) => boolean = existsSync): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const [word, ...more] = positionals;
    if (word === "agents" && !values.help && !values.version) return toAgents(more, values, env.BRIDGE_CONFIG || undefined);
    if (more.length > 0) return { kind: "misunderstood", why: `one command at a time: ${positionals.join(" ")}` };
    if (values.help) return { kind: "help" };
    if (values.version) return { kind: "version" };
    return toCommand(word, values, env.BRIDGE_CONFIG || undefined, exists);
  } catch (err) {
    return { kind: "misunderstood", why: err instanceof Error ? err.message : String(err) };
  }
}

const options = {
  config: { type: "string", short: "c" },
  port: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  ...agentsOptions,
} as const;

interface Values extends AgentsValues {
  readonly config?: string;
  readonly port?: string;
  readonly out?: string;
}

function toCommand(word: string | undefined, values: Values, named: string | undefined, exists: (path: string) => boolean): Command {
  const path = values.config ?? named;
  const chosen = word ?? (path !== undefined || exists(usualPath) ? "start" : "demo");
  const stray = strayOption(chosen, values);
  if (stray !== undefined) return { kind: "misunderstood", why: `--${stray} does not belong to ${chosen}` };
  switch (chosen) {
    case "start":
      return path === undefined ? { kind: "start" } : { kind: "start", path };
    case "demo":
      return toDemo(values.port);
    case "schema":
      return values.out === undefined ? { kind: "schema" } : { kind: "schema", out: values.out };
    case "help":
    case "version":
      return { kind: chosen };
    default:
      return { kind: "misunderstood", why: `there is no command ${chosen}` };
  }
}

function toAgents(words: readonly string[], values: Values, named: string | undefined): Command {
  const stray = (["port", "out"] as const).find((option) => values[option] !== undefined);
  const parsed = stray === undefined ? parseAgentsCommand(words, values, values.config ?? named) : `--${stray} does not belong to agents`;
  return typeof parsed === "string" ? { kind: "misunderstood", why: parsed } : parsed;
}

function strayOption(command: string, values: Values): string | undefined {
  const own = new Map([
    ["start", "config"],
    ["demo", "port"],
    ["schema", "out"],
  ]).get(command);
  return Object.keys(values).find((option) => option !== own && option !== "help" && option !== "version");
}

function toDemo(port: string | undefined): Command {
  if (port === undefined) return { kind: "demo", port: 0 };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  return number <= 65_535 ? { kind: "demo", port: number } : { kind: "misunderstood", why: `--port ${port} is not a port` };
}
