import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Command, Given, Option, Ready } from "./cli/command.ts";
import { commands } from "./cli/commands.ts";
import { toForm, toOverview, toPage } from "./cli/help.ts";
import { nearest } from "./config/problems.ts";
import type { Environment } from "./config/variables.ts";
import { usualPath } from "./config.ts";

/** What the process is asked to do. */
export type Asked =
  | { readonly kind: "command"; readonly ready: Ready }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  /** `help` is what may help. */
  | { readonly kind: "misunderstood"; readonly why: string; readonly help: string };

const general: Readonly<Record<string, Option>> = {
  help: { short: "h", help: "print this" },
  version: { short: "v", help: "print the version" },
};

/** Never throws. `exists` says whether there is a file of that name. */
export function parseCommandLine(args: readonly string[], env: Environment, exists: (path: string) => boolean = existsSync): Asked {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: allOptions, allowPositionals: true, strict: true });
    const [first, ...more] = positionals;
    if (first === "help") return helpOn(more);
    if (first === "version" || values.version === true) return { kind: "version" };
    if (values.help === true) return helpOn(positionals);
    const path = typeof values.config === "string" ? values.config : env.BRIDGE_CONFIG || undefined;
    const words = first === undefined ? [path !== undefined || exists(usualPath) ? "start" : "demo"] : positionals;
    const command = findCommand(words);
    if (command === undefined) return unknown(words);
    return toReady(command, words.slice(command.name.split(" ").length), values, env);
  } catch (err) {
    // Node explains how to escape a word that begins with a dash; the first sentence is enough.
    const why = (err instanceof Error ? err.message : String(err)).replace(/\. .*$/s, "");
    return { kind: "misunderstood", why, help: toOverview(commands) };
  }
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

const allOptions = Object.fromEntries(
  [...commands.flatMap(({ options }) => Object.entries(options)), ...Object.entries(general)].map(([name, { value, short }]) => [
    name,
    { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(short !== undefined && { short }) },
  ]),
);

function findCommand(words: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name.split(" ").every((word, at) => words[at] === word));
}

function toReady(command: Command, words: readonly string[], values: Values, env: Environment): Asked {
  const not = (why: string): Asked => ({ kind: "misunderstood", why, help: toPage([command]) });
  const stray = Object.keys(values).find((option) => !(option in command.options));
  if (stray !== undefined) return not(`--${stray} does not belong to ${command.name}`);
  const needed = command.words.filter((word) => !word.startsWith("[")).length;
  const most = command.words.some((word) => word.includes("...")) ? Number.POSITIVE_INFINITY : command.words.length;
  if (words.length < needed || words.length > most) return not(`this is how it is written: ${toForm(command)}`);
  const given: Given<string> = {
    words,
    env,
    text: (name) => (typeof values[name] === "string" ? values[name] : undefined),
    flag: (name) => values[name] === true,
  };
  const ready = command.parse(given);
  return typeof ready === "string" ? not(ready) : { kind: "command", ready };
}

function helpOn(words: readonly string[]): Asked {
  if (words.length === 0) return { kind: "help", text: toOverview(commands) };
  const exact = findCommand(words);
  if (exact !== undefined) return { kind: "help", text: toPage([exact]) };
  const group = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
  return group.length > 0 ? { kind: "help", text: toPage(group) } : unknown(words);
}

function unknown(words: readonly string[]): Asked {
  const [first = "", second] = words;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  const choices = group.map(({ name }) => name.slice(first.length + 1));
  if (group.length > 0 && second === undefined)
    return { kind: "misunderstood", why: `${first} what? ${choices.join(", ").replace(/, ([^,]*)$/, " or $1")}`, help: toPage(group) };
  if (group.length > 0)
    return { kind: "misunderstood", why: `there is no command ${first} ${second}${hint(second ?? "", choices)}`, help: toPage(group) };
  const known = [...new Set(commands.map(({ name }) => name.split(" ")[0] ?? "")), "help", "version"];
  return { kind: "misunderstood", why: `there is no command ${first}${hint(first, known)}`, help: toOverview(commands) };
}

function hint(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}
