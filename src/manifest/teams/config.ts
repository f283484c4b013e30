import { z } from "zod";

/** Lengths that Teams allows (manifest schema 1.29), as people count: in characters of JavaScript. */
const text = (most: number) => z.string().trim().min(1, "is empty").max(most, `is longer than ${most} characters`);

/** Teams takes http addresses into a manifest and refuses them later, when the app is uploaded. */
const publicUrl = z
  .string()
  .refine(isPublicUrl, "is not a public URL that begins with https://")
  .max(2_048, "is longer than 2048 characters");

const semver = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})$/;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const developerSchema = z.strictObject({
  name: text(32),
  /** Where people find help with the app. */
  websiteUrl: publicUrl,
  privacyUrl: publicUrl,
  termsOfUseUrl: publicUrl,
});

/** The bot then receives everything that is said there, not only what mentions it. */
const readAllSchema = z.strictObject({ channels: z.boolean().default(false), groupChats: z.boolean().default(false) });

const iconsSchema = z.strictObject({ color: z.string().min(1, "is empty").optional(), outline: z.string().min(1, "is empty").optional() });

/** `teams.manifest` of the configuration: what stands in the app that an admin uploads. */
export const teamsManifestSchema = z.strictObject({
  /** Of the app, for good; unset: the bot's application id. */
  id: z.string().refine(isGuid, "is not an id such as 01234567-89ab-cdef-0123-456789abcdef").optional(),
  /** Every change of the manifest needs a higher one. */
  version: z.string().regex(semver, "is not a version such as 1.0.0").default("1.0.0"),
  name: text(30).default("Agent Bridge"),
  fullName: text(100).default("Agent Bridge for Microsoft Teams"),
  description: text(80).default("Talk to your company's agents."),
  fullDescription: text(4_000).default(
    "Passes what you write on to your company's agents and brings their answers back, also those that take hours. Write to the app alone, or mention it in a channel or a group chat.",
  ),
  developer: developerSchema,
  accentColor: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, "is not a colour such as #4464EE")
    .default("#4464EE"),
  /** Where people can add the app. */
  scopes: z
    .array(z.enum(["personal", "team", "groupChat"]))
    .min(1, "is empty")
    .refine((scopes) => new Set(scopes).size === scopes.length, "names a scope twice")
    .default(["personal", "team", "groupChat"]),
  readAll: readAllSchema.prefault({}),
  /** PNG files in place of the drawn ones: 192x192, and 32x32 in white on nothing. */
  icons: iconsSchema.prefault({}),
});

export type TeamsManifestConfig = z.output<typeof teamsManifestSchema>;

export function isGuid(value: string | undefined): boolean {
  return value !== undefined && guid.test(value);
}

export function isPublicUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  return protocol === "https:" && isPublicHost(hostname) && username === "" && password === "";
}

/** A name with a dot; neither an address nor this machine. */
function isPublicHost(host: string): boolean {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/i.test(host) && !host.endsWith(".localhost");
}
