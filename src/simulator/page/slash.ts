import type { SlashCommand } from "../discord/clicks.ts";
import type { Command, Realm } from "../discord/realm.ts";
import type { StoredFile } from "./platform.ts";

interface Option {
  readonly name: string;
  readonly type: number;
  readonly options?: readonly Option[];
}

/** Docs: application command option type. */
const types = { sub: 1, text: 3, file: 11 } as const;

/**
 * What somebody typed as a command of Discord: `/ask why?` puts all that follows into the first option that takes a text. Undefined for
 * anything that is no command; throws when there is none of that name.
 */
export function typeCommand(
  { app }: Pick<Realm, "app">,
  typed: string,
  files: readonly StoredFile[],
): Pick<SlashCommand, "name" | "sub" | "options"> | undefined {
  const [, name, rest = ""] = /^\/([\w-]+)\s*(.*)$/s.exec(typed) ?? [];
  if (name === undefined) return undefined;
  const all: readonly Command[] = [...app.commands.values()].flat();
  const command = all.find((one) => one.name === name && one.type === 1);
  if (command === undefined) throw new Error(`there is no command /${name}; there are ${all.flatMap(toNames).join(", ") || "none yet"}`);
  const options = optionsOf(command);
  const [word = ""] = rest.split(/\s/, 1);
  if (options.some(({ type }) => type === types.sub)) {
    const sub = options.find((one) => one.name === word);
    return { name, sub: word, options: fill(sub?.options ?? [], rest.slice(word.length).trim(), files) };
  }
  return { name, options: fill(options, rest, files) };
}

function toNames({ name, type }: Command): readonly string[] {
  return type === 1 ? [`/${name}`] : [];
}

function optionsOf({ options }: Command): readonly Option[] {
  return Array.isArray(options) ? options : [];
}

function fill(options: readonly Option[], text: string, [file]: readonly StoredFile[]): NonNullable<SlashCommand["options"]> {
  const first = options.find(({ type }) => type === types.text);
  const second = options.find(({ type }) => type === types.file);
  return { ...(first && text !== "" && { [first.name]: text }), ...(second && file && { [second.name]: file }) };
}
