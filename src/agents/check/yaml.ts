import type { Json } from "../../model/thread.ts";

/**
 * An agent as it may stand under `agents` in a configuration file. Texts are quoted as JSON, which is YAML too; `secrets` in them
 * (`${NAME}`) stay references, and any other `${` is written so that it stays text.
 */
export function toAgentYaml(name: string, keys: { readonly [key: string]: Json }): string {
  return `  ${name}:\n${block(keys, "    ")}`;
}

function block(keys: { readonly [key: string]: Json }, indent: string): string {
  return Object.entries(keys)
    .map(([key, value]) => {
      const written = /^[A-Za-z][\w-]*$/.test(key) ? key : JSON.stringify(key);
      return isGroup(value) && Object.keys(value).length > 0
        ? `${indent}${written}:\n${block(value, `${indent}  `)}`
        : `${indent}${written}: ${flow(value)}\n`;
    })
    .join("");
}

function flow(value: Json): string {
  if (typeof value === "string") return scalar(value);
  if (isList(value)) return `[${value.map(flow).join(", ")}]`;
  if (isGroup(value))
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${flow(one)}`)
      .join(", ")} }`;
  return JSON.stringify(value);
}

/** Words that cannot be taken for anything else stay bare. */
function scalar(text: string): string {
  const plain = /^[A-Za-z][\w-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
  if (plain) return text;
  const reference = /^\$\{[A-Z][A-Z0-9_]*\}$/.test(text);
  return JSON.stringify(reference ? text : text.replaceAll("${", () => "$${"));
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isGroup = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
