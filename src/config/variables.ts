import { readFileSync } from "node:fs";
import { type Path, toKey } from "./path.ts";
import type { Problem } from "./problems.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}`, `${file:/path}`; `$${` stands for a plain `${`. */
const variable = /\$(\$\{)|\$\{([^}]*)\}/g;

/**
 * Puts values of the environment and of secret files in the place of their names, in every string but not in keys. A string that is
 * one name only becomes a number or a boolean where `expected` asks for that. A name without a value is a problem, or, where there
 * is a `standIn`, gets that and is named in `missing`. Values never stand in problems.
 */
export function substitute(raw: unknown, env: Environment, expected: (path: Path) => string, standIn?: (path: Path) => string) {
  const problems: Problem[] = [];
  const missing: string[] = [];
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") return convert(replace(value, path), value, expected(path));
    if (Array.isArray(value)) return value.map((item, at) => walk(item, [...path, at]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]));
  };
  const replace = (text: string, path: Path) =>
    text.replace(variable, (_whole, escaped: string | undefined, name: string | undefined) => {
      if (escaped !== undefined) return escaped;
      const found = lookUp(name ?? "", env);
      if (found.kind === "found") return found.value;
      if (found.kind === "missing" && standIn !== undefined) {
        missing.push(toKey(path));
        return standIn(path);
      }
      problems.push({ key: toKey(path), problem: found.problem, remedy: found.remedy });
      return "";
    });
  return { value: walk(raw, []), problems, missing };
}

type Found =
  | { readonly kind: "found"; readonly value: string }
  | { readonly kind: "missing" | "misnamed"; readonly problem: string; readonly remedy: string };

function lookUp(name: string, env: Environment): Found {
  if (name.startsWith("file:")) return readSecret(name.slice("file:".length));
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return {
      kind: "misnamed",
      problem: "holds a ${...} without a good name",
      remedy: "Write ${NAME}, ${file:/path}, or $${ for a plain ${.",
    };
  }
  const value = env[name];
  if (value) return { kind: "found", value };
  return { kind: "missing", problem: `the environment variable ${name} is not set`, remedy: `Set ${name} before the start.` };
}

function readSecret(path: string): Found {
  try {
    return { kind: "found", value: readFileSync(path, "utf8").replace(/\r?\n$/, "") };
  } catch {
    // The reason is in the file system, and the remedy the same for each.
    return { kind: "missing", problem: `the file ${path} cannot be read`, remedy: "Put the secret there, readable by the bridge." };
  }
}

function convert(text: string, written: string, type: string): unknown {
  if (!/^\$\{[^}]*\}$/.test(written)) return text;
  if ((type === "number" || type === "integer") && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
