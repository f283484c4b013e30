import { isIP } from "node:net";
import { z } from "zod";
import { discordSchema } from "../../adapters/discord/config.ts";
import { slackSchema } from "../../adapters/slack/config.ts";
import { teamsSchema } from "../../adapters/teams/config.ts";
import { agentSchema } from "../agents/config.ts";
import { teamsManifestSchema } from "../manifest/teams/config.ts";

const httpUrl = z.string().refine(isHttpUrl, "is not a URL that begins with http:// or https://");
const network = z.string().refine(isNetwork, "is neither an address nor a network such as 10.0.0.0/8");
const name = z.string().min(1, "is empty");
const days = z.number().positive().max(36_500);

const listenSchema = z.strictObject({
  host: name.default("127.0.0.1"),
  port: z.number().int().min(0).max(65_535).default(3978),
  trustProxy: z.array(network).default([]),
  metrics: z.strictObject({ host: name.default("127.0.0.1"), port: z.number().int().min(0).max(65_535) }).optional(),
});

const retentionSchema = z.strictObject({ contentDays: days.default(30), factsDays: days.default(400) });

const storeSchema = z.strictObject({
  url: z
    .string()
    .regex(/^(sqlite:.|postgres(ql)?:\/\/.)/, "is neither sqlite:<file> nor postgres://...")
    .default("sqlite:data/bridge.db"),
  retention: retentionSchema.prefault({}),
  encryptionKey: z.string().min(16, "is too short to be a key: use at least 16 characters").optional(),
});

const identitySchema = z.strictObject({
  workspaces: z.array(name).optional(),
  emailDomains: z.array(z.string().regex(/^[^@\s]+\.[^@\s]+$/, "is not a domain such as example.com")).optional(),
  external: z.enum(["refuse", "allow"]).default("refuse"),
  map: z.record(z.string(), name).default({}),
  mapFile: name.optional(),
});

const routeSchema = z.strictObject({
  agent: name,
  platform: name.optional(),
  workspace: name.optional(),
  channel: name.optional(),
  role: name.optional(),
  followUps: z.enum(["thread", "asker", "mention"]).default("asker"),
});

const outboundSchema = z.strictObject({
  allowPrivateNetworks: z
    .union([z.boolean(), z.array(network)], "is neither true, false nor a list of networks such as [10.0.0.0/8]")
    .default(false),
  proxy: httpUrl.optional(),
  caFile: name.optional(),
});

const ending = z
  .string()
  .regex(/^\.?[A-Za-z0-9_-]{1,15}$/, "is not the ending of a file's name, such as exe")
  .transform((text) => text.replace(/^\./, "").toLowerCase());

/** What runs when somebody opens it, or can hide what does. */
const programs = [
  "apk", "app", "bat", "cmd", "com", "cpl", "deb", "dll", "dmg", "exe", "hta", "img", "iso", "jar", "js", "jse", "lnk", "msi", "msix",
  "pif", "pkg", "ps1", "reg", "rpm", "scf", "scr", "vbe", "vbs", "vhd", "vhdx", "wsf", "wsh",
] as const; // biome-ignore format: one list

/** The names of agents stand in addresses and logs. */
const agentName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "is not a name of letters, digits, - and _");

/** Everything that may stand in the configuration file. What each key means is in `descriptions.ts`. */
export const configSchema = z.strictObject({
  publicUrl: httpUrl.optional(),
  listen: listenSchema.prefault({}),
  store: storeSchema.prefault({}),
  identity: identitySchema.prefault({}),
  agents: z.record(agentName, agentSchema),
  routes: z.array(routeSchema).default([]),
  outbound: outboundSchema.prefault({}),
  slack: slackSchema.optional(),
  teams: teamsSchema.safeExtend({ manifest: teamsManifestSchema.optional() }).optional(),
  discord: discordSchema.optional(),
  limits: z
    .strictObject({
      pushBodyMB: z.number().positive().max(1_024).default(16),
      pushesPerMinute: z.number().int().positive().max(1_000_000).default(6_000),
      fileMB: z.number().positive().max(64).default(20),
      filesPerMessage: z.number().int().positive().max(20).default(5),
      filesInMemoryMB: z.number().positive().max(65_536).default(64),
      fileLinkHours: z.number().positive().max(8_784).default(24),
      refusedFiles: z.array(ending).default([...programs]),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info") }).prefault({}),
});

export type ParsedConfig = z.output<typeof configSchema>;

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}

function isNetwork(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
