import { z } from "zod";
import { descriptions } from "./descriptions.ts";
import type { Path } from "./path.ts";
import { configSchema } from "./schema.ts";

type Schema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of the configuration file, for editors: what may be written, defaults and variables included. */
export function toConfigJsonSchema(): Schema {
  return whole;
}

const whole: Schema = describe({
  ...z.toJSONSchema(configSchema, { io: "input", target: "draft-7", unrepresentable: "any" }),
  title: "Configuration of a2a-chat-bridge",
});

/** What may stand at a path of the configuration: `["agents", "spark", "url"]`, `["routes", 0]`. */
export function schemaAt(path: Path): Schema | undefined {
  return path.reduce<Schema | undefined>((schema, step) => (schema === undefined ? undefined : child(schema, step)), whole);
}

/** The known keys of the group at a path, of every alternative. */
export function keysOf(path: Path): readonly string[] {
  const schema = schemaAt(path);
  return schema === undefined ? [] : [...new Set(alternatives(schema).flatMap((one) => Object.keys(one.properties ?? {})))];
}

/** Every key with its description: `agents.<name>.url`, `routes[].agent`. */
export function describedKeys(): readonly { readonly key: string; readonly schema: Schema }[] {
  const found = new Map<string, Schema>();
  walk(whole, "", (key, schema) => found.set(key, found.get(key) ?? schema));
  return [...found].map(([key, schema]) => ({ key, schema }));
}

function describe(schema: Schema): Schema {
  walk(schema, "", (key, part) => {
    const description = descriptions[key];
    if (description !== undefined) part.description = description;
    allowVariables(part);
  });
  return schema;
}

/** An editor sees `${NAME}` where the bridge sees what it stands for. */
function allowVariables(schema: Schema): void {
  for (const part of alternatives(schema)) {
    if (part.pattern !== undefined) part.pattern = `(?:${part.pattern})|\\$\\{[^}]+\\}`;
    delete part.format;
  }
}

function walk(schema: Schema, key: string, visit: (key: string, schema: Schema) => void): void {
  for (const one of alternatives(schema)) {
    for (const [name, part] of Object.entries(one.properties ?? {})) {
      if (typeof part === "boolean") continue;
      const below = key === "" ? name : `${key}.${name}`;
      visit(below, part);
      walk(part, below, visit);
    }
    const items = one.items;
    if (isSchema(items)) walk(items, `${key}[]`, visit);
    const others = one.additionalProperties;
    if (isSchema(others) && key === "agents") walk(others, `${key}.<name>`, visit);
  }
}

function child(schema: Schema, step: PropertyKey): Schema | undefined {
  for (const one of alternatives(schema)) {
    const next = typeof step === "number" ? one.items : (one.properties?.[String(step)] ?? one.additionalProperties);
    if (isSchema(next)) return next;
  }
  return undefined;
}

function alternatives(schema: Schema): readonly Schema[] {
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].filter(isSchema);
  return [schema, ...parts.flatMap(alternatives)];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
