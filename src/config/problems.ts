import type { z } from "zod";
import { ConfigError } from "../model/errors.ts";
import { keysOf, schemaAt } from "./json-schema.ts";
import { type Path, toKey } from "./path.ts";

/** One thing that is wrong: where, what, and what to do. Never holds a value that may be a secret. */
export interface Problem {
  readonly key: string;
  readonly problem: string;
  readonly remedy: string;
}

export function toConfigError(source: string, problems: readonly Problem[]): ConfigError {
  const lines = problems.map(({ key, problem, remedy }) => `  - ${key}: ${problem}. ${remedy}`);
  return new ConfigError(`${source} cannot be used:\n${lines.join("\n")}`);
}

/** What the schema found, in an admin's words; each thing once. */
export function findProblems(error: z.ZodError, raw: unknown): readonly Problem[] {
  const found = error.issues.flatMap((issue) => toProblems(issue, raw));
  return found.filter(({ key, problem }, at) => found.findIndex((other) => other.key === key && other.problem === problem) === at);
}

function toProblems(issue: z.core.$ZodIssue, raw: unknown): readonly Problem[] {
  const key = toKey(issue.path);
  const description = describe(issue.path);
  const remedy = description === undefined ? "Look the key up in README." : `What belongs there: ${description}`;
  if (issue.code === "unrecognized_keys") return issue.keys.map((name) => unknownKey(issue.path, name));
  if (valueAt(raw, issue.path) === undefined) return [{ key, problem: "is missing", remedy }];
  if (issue.code === "invalid_type") {
    const unquoted = issue.expected === "string" && typeof valueAt(raw, issue.path) !== "object";
    return [{ key, problem: `must be ${withArticle(issue.expected)}${unquoted ? ": put it in quotes" : ""}`, remedy }];
  }
  if (issue.code === "invalid_value")
    return [{ key, problem: `must be ${issue.values.map(String).join(", ")}`.replace(/, ([^,]*)$/, " or $1"), remedy }];
  return [{ key, problem: toWords(issue.message), remedy }];
}

/** Of the key itself, or of the group that it stands in. */
function describe(path: Path): string | undefined {
  if (path.length === 0) return undefined;
  return schemaAt(path)?.description ?? describe(path.slice(0, -1));
}

function unknownKey(path: Path, name: string): Problem {
  const known = keysOf(path);
  const near = nearest(name, known);
  const remedy = near === undefined ? `Remove it. Known here: ${known.join(", ")}.` : `Did you mean ${near}?`;
  return { key: toKey([...path, name]), problem: "is not a known key", remedy };
}

/** Zod's own words end up behind a key: `Too small: expected number to be >0` becomes `too small (expected number to be >0)`. */
function toWords(message: string): string {
  const own = /^(Invalid [a-z0-9 ]+|Too (?:small|big)|Invalid URL)(?:: (.*))?$/i.exec(message);
  if (own === null) return message.replace(/\.$/, "");
  const what = (own[1] ?? "").toLowerCase().replace("invalid url", "not a URL");
  return own[2] === undefined ? `is ${what}` : `is ${what} (${own[2]})`;
}

function withArticle(type: string): string {
  if (type === "record" || type === "object") return "a group of keys";
  if (type === "array") return "a list";
  if (type === "string") return "a text";
  return type === "int" ? "a whole number" : `a ${type}`;
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = new Map<PropertyKey, unknown>(Object.entries(value)).get(String(step));
  }
  return value;
}

/** The known name that was probably meant: at most a third of its letters differ. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** How many letters must be added, removed, replaced or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swapped));
    }
  }
  return at(a.length, b.length);
}
