import type { AppSettings } from "./settings.ts";

/** One thing that is not as it should be: what Discord has now, and what it is to have. Both are short texts for an admin. */
export interface Difference {
  readonly what: string;
  readonly now: string | undefined;
  readonly wanted: string | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

const nothing = "nothing";

/** What of the settings is to change. Words that an admin has given the application are left alone; only empty ones are filled. */
export function compareSettings(
  found: Fields,
  wanted: AppSettings,
): { readonly differences: readonly Difference[]; readonly body: Partial<AppSettings> } {
  const isEmpty = (value: unknown) => value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
  const body: Partial<AppSettings> = {
    ...(isEmpty(found.description) && { description: wanted.description }),
    ...(isEmpty(found.tags) && { tags: wanted.tags }),
    ...(toText(found.integration_types_config) !== toText(wanted.integration_types_config) && {
      integration_types_config: wanted.integration_types_config,
    }),
  };
  const differences = Object.entries(body).map(([what, value]) => ({
    what,
    now: isEmpty(found[what]) ? nothing : toText(found[what]),
    wanted: toText(value),
  }));
  return { differences, body };
}

/** What of the commands is to change. Replacing them is exact: one that is not wanted goes. */
export function compareCommands(found: readonly Fields[], wanted: readonly Fields[]): readonly Difference[] {
  const before = new Map(found.map((command) => [toName(command), command]));
  const after = new Map(wanted.map((command) => [toName(command), command]));
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((what): readonly Difference[] => {
    const [now, next] = [before.get(what), after.get(what)];
    if (now === undefined) return [{ what, now: undefined, wanted: toText(next?.description ?? "") }];
    if (next === undefined) return [{ what, now: toText(now.description ?? ""), wanted: undefined }];
    return compareFields(what, toPlain(now), toPlain(next));
  });
}

/** The parts of a command that differ, each by its own name. */
function compareFields(what: string, now: Fields, next: Fields): readonly Difference[] {
  return [...new Set([...Object.keys(now), ...Object.keys(next)])]
    .filter((key) => toText(now[key]) !== toText(next[key]))
    .map((key) => ({ what: `${what} ${key}`, now: toText(now[key] ?? nothing), wanted: toText(next[key] ?? nothing) }));
}

function toName({ name, type = 1 }: Fields): string {
  return type === 1 ? `/${name}` : `"${name}" in the menu of a message`;
}

/** What an application can say of a command. Discord adds ids and writes out what is usual, which is no difference. */
const spoken = [
  "name",
  "type",
  "description",
  "contexts",
  "integration_types",
  "options",
  "default_member_permissions",
  "nsfw",
  "name_localizations",
];
const spokenOfOption = ["name", "type", "description", "required", "autocomplete", "choices", "min_length", "max_length", "options"];

function toPlain(command: Fields): Fields {
  return pick({ type: 1, ...command }, spoken);
}

function pick(fields: Fields, keys: readonly string[]): Fields {
  const kept = keys.flatMap((key): readonly (readonly [string, unknown])[] => {
    const value = fields[key];
    if (value === undefined || value === null || value === false || value === "") return [];
    if (key !== "options" || !Array.isArray(value)) return [[key, value]];
    return value.length === 0 ? [] : [[key, value.map((option) => pick(Object(option), spokenOfOption))]];
  });
  return Object.fromEntries(kept);
}

/** The same for the same value, in whatever order its keys come. */
function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
