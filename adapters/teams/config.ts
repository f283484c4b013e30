import { z } from "zod";

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const httpUrl = z.url({ protocol: /^https?$/, error: "is not a URL that begins with http:// or https://" });

/** Where the platform is; other addresses are for stand-ins, and for clouds that have no name here. */
const endpointsSchema = z.strictObject({
  /** Microsoft Entra, for tokens: `https://login.microsoftonline.com`. */
  login: httpUrl.optional(),
  /** The metadata that names the keys of the service's tokens. */
  openId: httpUrl.optional(),
  /** Who signs the service's tokens, and for whom ours are made: `https://api.botframework.com`. */
  issuer: httpUrl.optional(),
  scope: httpUrl.optional(),
  /** A service URL that is taken beside the platform's own. */
  connector: httpUrl.optional(),
  /** Where a managed identity gets its tokens: `http://169.254.169.254`. */
  managedIdentity: httpUrl.optional(),
});

/** How much may be sent in one conversation: messages per second, two seconds, half a minute and hour. */
const paceSchema = z.strictObject({
  perSecond: z.number().int().min(1).max(100).default(7),
  perTwoSeconds: z.number().int().min(1).max(200).default(8),
  perHalfMinute: z.number().int().min(1).max(2_000).default(60),
  perHour: z.number().int().min(1).max(100_000).default(1_800),
});

/** The `teams` section of the configuration. */
export const teamsSchema = z
  .strictObject({
    appId: z.string().regex(guid, "is the application (client) id of the bot; Azure shows it as a GUID").optional(),
    appPassword: z.string().min(1, "is empty; Azure shows the value of a client secret once, when it is made").optional(),
    /** A PEM file with the certificate and its private key. */
    certificate: z.strictObject({ file: z.string().min(1, "is empty"), passphrase: z.string().optional() }).optional(),
    /** Whether the bot is a user-assigned managed identity: then there is no secret. */
    managedIdentity: z.boolean().default(false),
    tenantId: z.string().regex(guid, "is the directory (tenant) id that the bot is registered in; Azure shows it as a GUID").optional(),
    /** Whose people may talk to the bot; unset: those of `tenantId`. */
    allowedTenants: z.array(z.string().regex(guid, "is not the id of a tenant (a GUID)")).optional(),
    cloud: z.enum(["public", "usGovernment"]).default("public"),
    /** Without an app id: takes activities from this machine without asking who sends them. For trying things out. */
    insecureLocal: z.boolean().default(false),
    endpoints: endpointsSchema.prefault({}),
    /** Shows thumbs under what an agent said. */
    feedbackButtons: z.boolean().default(true),
    /** What a person reads once where the bot was added; empty: nothing. */
    welcome: z.string().max(1_000).default("Hello! Write to me, and an agent answers here. Say `help` to see what else you can say."),
    pace: paceSchema.prefault({}),
  })
  .superRefine((config, context) => {
    for (const [key, message] of findProblems(config)) context.addIssue({ code: "custom", path: [key], message });
  });

export type TeamsConfig = z.output<typeof teamsSchema>;

type Credentials = Pick<TeamsConfig, "appId" | "appPassword" | "certificate" | "managedIdentity" | "tenantId" | "insecureLocal">;

function findProblems(config: Credentials): readonly (readonly [string, string])[] {
  const { appId, tenantId, insecureLocal } = config;
  const ways = [config.appPassword !== undefined, config.certificate !== undefined, config.managedIdentity].filter(Boolean).length;
  if (appId === undefined) {
    if (!insecureLocal) return [["appId", "is missing; only teams.insecureLocal does without it, on this machine alone"]];
    return ways > 0 ? [["insecureLocal", "does not go together with credentials: remove it, or them"]] : [];
  }
  if (insecureLocal) return [["insecureLocal", "does not go together with appId: remove one of them"]];
  if (tenantId === undefined) return [["tenantId", "is missing; it is the tenant that the bot is registered in"]];
  if (ways === 0) return [["appPassword", "is missing; put a client secret there, or use certificate or managedIdentity"]];
  return ways > 1 ? [["appPassword", "is one of several credentials: keep only one of appPassword, certificate and managedIdentity"]] : [];
}
