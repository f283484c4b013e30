import { readFile, writeFile } from "node:fs/promises";
import type { z } from "zod";
import { ConfigError } from "../../model/errors.ts";
import { isGuid, isPublicUrl, type TeamsManifestConfig, teamsManifestSchema } from "./config.ts";
import { findIconProblem, type Icons } from "./icons.ts";
import type { TeamsManifestInput } from "./manifest.ts";
import { buildTeamsPackage } from "./package.ts";

/** What the configuration says about the app. */
export interface TeamsPackageConfig {
  readonly publicUrl?: string | undefined;
  readonly teams?: { readonly appId?: string | undefined; readonly manifest?: unknown } | undefined;
}

/** What was written, for whoever asked. */
export interface WrittenPackage {
  readonly out: string;
  readonly name: string;
  readonly version: string;
  /** Where Azure must send what people say: the bot's messaging endpoint. */
  readonly messagingEndpoint: string;
}

/**
 * Writes the app package to the file `out`, which is replaced. Rejects with a ConfigError that names each key that is missing or wrong and
 * says what belongs there; then nothing is written.
 */
export async function writeTeamsPackage({
  config,
  missing = [],
  out,
}: {
  readonly config: TeamsPackageConfig;
  /** Keys for which the configuration has a stand-in only. */
  readonly missing?: readonly string[];
  readonly out: string;
}): Promise<WrittenPackage> {
  const unset = missing.filter((key) => key === "publicUrl" || key === "teams.appId" || key.startsWith("teams.manifest"));
  if (unset.length > 0) throw toConfigError(unset.map((key) => `${key}: names a variable or a file that is not there. Set it first`));
  const input = toInput(config);
  const icons = await readIcons(input.manifest);
  try {
    await writeFile(out, buildTeamsPackage(input, icons));
  } catch (cause) {
    throw new ConfigError(`--out: ${out} cannot be written. Name a file in a folder that exists and may be written to.`, { cause });
  }
  const { name, version } = input.manifest;
  return { out, name, version, messagingEndpoint: `${input.publicUrl.replace(/\/+$/, "")}/api/messages` };
}

/** A problem as a line: key, what is wrong, and what to do. */
type Line = string;

function toInput({ publicUrl, teams }: TeamsPackageConfig): TeamsManifestInput {
  const parsed = teamsManifestSchema.safeParse(teams?.manifest ?? {}, { reportInput: true });
  const lines: readonly Line[] = [
    ...(publicUrl !== undefined && isPublicUrl(publicUrl) ? [] : [toUrlLine(publicUrl)]),
    ...(isGuid(teams?.appId) ? [] : [toAppIdLine(teams?.appId)]),
    ...(parsed.success ? [] : parsed.error.issues.flatMap(toLines)),
  ];
  if (!parsed.success || publicUrl === undefined || teams?.appId === undefined || lines.length > 0) throw toConfigError(lines);
  return { appId: teams.appId, publicUrl, manifest: parsed.data };
}

function toUrlLine(publicUrl: string | undefined): Line {
  const problem = publicUrl === undefined ? "is missing" : "is not a public URL that begins with https://";
  return `publicUrl: ${problem}. What belongs there: the address at which Teams reaches this bridge, such as https://bridge.example.com`;
}

function toAppIdLine(appId: string | undefined): Line {
  const problem = appId === undefined ? "is missing" : "is not an id such as 01234567-89ab-cdef-0123-456789abcdef";
  return `teams.appId: ${problem}. What belongs there: the application (client) id of the bot, which Azure shows`;
}

const remedies: Readonly<Record<string, string>> = {
  developer: "who offers the app: name, websiteUrl, privacyUrl and termsOfUseUrl",
  "developer.name": "who offers the app",
  "developer.websiteUrl": "a page where people find help",
  "developer.privacyUrl": "the page with your privacy statement",
  "developer.termsOfUseUrl": "the page with your terms of use",
};

function toLines(issue: z.core.$ZodIssue): readonly Line[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) => `${toKey([...issue.path, key])}: is not a known key. Remove it, or look it up in manifest/teams/README.md.`,
    );
  }
  const remedy = remedies[issue.path.join(".")];
  const advice = remedy === undefined ? "Look it up in manifest/teams/README.md." : `What belongs there: ${remedy}`;
  return [`${toKey(issue.path)}: ${toProblem(issue)}. ${advice}`];
}

function toProblem(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `must be ${issue.values.map(String).join(" or ")}`;
  if (issue.code !== "invalid_type") return issue.message;
  if (issue.input === undefined) return "is missing";
  const words = new Map([
    ["object", "a group of keys"],
    ["array", "a list"],
    ["string", "a text"],
    ["boolean", "true or false"],
  ]);
  return `must be ${words.get(issue.expected) ?? issue.expected}`;
}

function toKey(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, step) => (typeof step === "number" ? `${key}[${step}]` : `${key}.${String(step)}`), "teams.manifest");
}

function toConfigError(lines: readonly Line[]): ConfigError {
  return new ConfigError(`The Teams app cannot be made:\n${lines.map((line) => `  - ${line}`).join("\n")}`);
}

async function readIcons({ icons }: TeamsManifestConfig): Promise<Partial<Icons>> {
  const kinds = (["color", "outline"] as const).flatMap((kind) => {
    const path = icons[kind];
    return path === undefined ? [] : [{ kind, path }];
  });
  const read = await Promise.all(kinds.map(async ({ kind, path }) => ({ kind, path, bytes: await readIcon(kind, path) })));
  const lines = read.flatMap(({ kind, path, bytes }) => {
    const problem = findIconProblem(bytes, kind);
    return problem === undefined
      ? []
      : [`teams.manifest.icons.${kind}: ${path} ${problem}. Change the picture, or remove the key to have one drawn.`];
  });
  if (lines.length > 0) throw toConfigError(lines);
  return Object.fromEntries(read.map(({ kind, bytes }) => [kind, bytes]));
}

async function readIcon(kind: keyof Icons, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const line = `teams.manifest.icons.${kind}: ${path} cannot be read. Name an existing file, or remove the key to have a picture drawn.`;
    throw new ConfigError(toConfigError([line]).message, { cause });
  }
}
