import { z } from "zod";

/** Presets carry the policy of a known system; every key of the configuration wins over them. */
export const presetNames = ["spark", "brightsy", "inkeep", "sistava", "agentspace"] as const;

/** The wires that the bridge speaks (`dialects/`). */
const dialectNames = ["a2a-1.0-jsonrpc", "a2a-1.0-rest", "a2a-0.3-jsonrpc", "a2a-0.3-rest", "a2a-0.2", "a2a-0.1", "brightsy"] as const;

const httpUrl = z.string().refine(isHttpUrl, "is not a URL: put an address that begins with https:// or http://");
const filled = (remedy: string) => z.string().min(1, `is empty: ${remedy}`);
const seconds = (max: number) => z.number().positive("must be more than 0").max(max, `must not be more than ${max}`);
/** What HTTP takes as a header's value; anything else would make each request fail. */
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, "holds a character that a header cannot carry, such as a line break");

const authSchema = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("none") }),
    z.strictObject({ type: z.literal("bearer"), token: filled("put the token, best taken from the environment").and(headerValue) }),
    z.strictObject({
      type: z.literal("apiKey"),
      in: z.enum(["header", "query"], 'must be "header" or "query"'),
      name: filled("put the name of the header or query parameter"),
      value: filled("put the key, best taken from the environment").and(headerValue),
    }),
    z.strictObject({ type: z.literal("basic"), username: filled("put the user name"), password: z.string() }),
    z.strictObject({
      /** Both names mean the same. */
      type: z.enum(["oauth2ClientCredentials", "oauth2"]),
      tokenUrl: httpUrl,
      clientId: filled("put the client's id"),
      clientSecret: filled("put the client's secret, best taken from the environment"),
      scope: z.string().optional(),
      audience: z.string().optional(),
    }),
  ],
  'must have a type: "none", "bearer", "apiKey", "basic" or "oauth2ClientCredentials"',
);

const identitySchema = z.strictObject({
  required: z.boolean().optional(),
  fields: z.array(z.enum(["userPrincipalName", "platform", "workspaceId", "userId", "displayName"])).optional(),
  level: z.enum(["message", "request", "both"]).optional(),
});

const operationsSchema = z.strictObject({
  get: z.boolean().optional(),
  cancel: z.boolean().optional(),
  resubscribe: z.boolean().optional(),
  list: z.boolean().optional(),
  push: z.boolean().optional(),
});

const pushSchema = z.strictObject({
  auth: z.enum(["token", "bearer", "basic", "jwt", "none"], 'must be "token", "bearer", "basic", "jwt" or "none"').optional(),
  jwt: z.strictObject({ jwksUrl: httpUrl, issuer: filled("put the issuer of the tokens"), audience: z.string().optional() }).optional(),
  path: z.string().startsWith("/", "must begin with a slash").optional(),
  allowFrom: z.array(filled("put an address or a range such as 203.0.113.0/24")).optional(),
  listen: z.strictObject({ host: z.string().optional(), port: z.number().int().min(0).max(65535) }).optional(),
});

const mediaType = z.string().regex(/^(\*|[\w.+-]+)\/(\*|[\w.+-]+)$/, "is not a media type such as application/pdf, image/* or */*");

const filesSchema = z.strictObject({
  as: z.enum(["bytes", "link", "none"], 'must be "bytes", "link" or "none"').optional(),
  inlineMB: z.number().positive("must be more than 0").max(64, "must not be more than 64").optional(),
  maxMB: z.number().positive("must be more than 0").max(64, "must not be more than 64").optional(),
  types: z.array(mediaType).min(1, "is empty: name a media type, or leave it out").optional(),
});

const limitsSchema = z.strictObject({
  silenceSeconds: seconds(86_400).optional(),
  answerMinutes: seconds(60 * 24 * 366).optional(),
  contextIdleHours: seconds(24 * 366).optional(),
  pollSeconds: seconds(86_400).optional(),
  connectSeconds: seconds(600).optional(),
  maxAnswerBytes: z
    .number()
    .int("must be a whole number")
    .min(1024, "must be at least 1024")
    .max(1024 ** 3, "must not be more than 1 GiB")
    .optional(),
});

const jwk = z
  .looseObject({ kty: z.enum(["RSA", "EC", "OKP"], "is not the type of a public key: RSA, EC or OKP"), kid: filled("put the key's id") })
  .refine((key) => !("d" in key), "is a private key: put the public one");

/** Whose signature on the agent's card counts. Where a card says its key is to be had (`jku`) counts only if it is listed here. */
const cardKeysSchema = z
  .strictObject({
    jwksUrl: z.union([httpUrl, z.array(httpUrl)]).optional(),
    keys: z.array(jwk).optional(),
    required: z.boolean().optional(),
  })
  .refine(({ jwksUrl, keys }) => jwksUrl !== undefined || (keys?.length ?? 0) > 0, "names no key: put jwksUrl or keys");

/** Paths of HTTP+JSON operations relative to the agent's endpoint, where an agent differs from the specification. */
const pathsSchema = z.strictObject({ send: filled("put a path such as message:send").optional(), stream: filled("put a path").optional() });

const headersSchema = z.record(z.string(), headerValue).superRefine((headers, context) => {
  for (const name of Object.keys(headers)) {
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) continue;
    context.addIssue({ code: "custom", path: [name], message: "is not a header name: use letters, digits and dashes" });
  }
});

/** The configuration of one remote agent: the value of `agents.<name>`. */
export const agentSchema = z.strictObject({
  /** A base URL, a full card URL or an endpoint. */
  url: httpUrl,
  preset: z.enum(presetNames, `is not a preset: use one of ${presetNames.join(", ")}, or leave it out`).optional(),
  /** The wire to speak, whatever the card says. */
  dialect: z.enum(dialectNames, `is not a dialect: use one of ${dialectNames.join(", ")}, or leave it out`).optional(),
  /** An agent card in place of a fetched one. */
  card: z.record(z.string(), z.json()).optional(),
  cardKeys: cardKeysSchema.optional(),
  auth: authSchema.optional(),
  identity: identitySchema.optional(),
  threadIdentity: z.enum(["owner-only", "separate-context", "shared"]).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
  /** Name or id of the skill of the card that is to answer; it goes along as `employee_id`. */
  employee: filled("put the name or the id of an employee").optional(),
  transcript: z
    .number()
    .int("must be a whole number")
    .min(0, "must not be less than 0")
    .max(100_000, "must not be more than 100000")
    .optional(),
  headers: headersSchema.optional(),
  contextId: z.enum(["server", "client", "none"]).optional(),
  taskId: z.enum(["spec", "always", "never"]).optional(),
  delivery: z
    .array(z.enum(["stream", "blocking", "push", "poll"]))
    .min(1, "is empty: name at least one way")
    .optional(),
  /** What the end of a stream means that told no end of the task. */
  streamEnd: z.enum(["open", "completed"], 'must be "open" or "completed"').optional(),
  /** How often in one turn a request is followed to another agent behind the same address. */
  transfers: z.number().int("must be a whole number").min(0, "must not be less than 0").max(10, "must not be more than 10").optional(),
  requestIds: z.enum(["number", "string"], 'must be "number" or "string"').optional(),
  operations: operationsSchema.optional(),
  whileRunning: z.enum(["join", "queue", "refuse"]).optional(),
  onUnknown: z.enum(["notice", "resend"]).optional(),
  push: pushSchema.optional(),
  files: filesSchema.optional(),
  limits: limitsSchema.optional(),
  paths: pathsSchema.optional(),
});

export type AgentConfig = z.infer<typeof agentSchema>;
export type AuthConfig = z.infer<typeof authSchema>;
export type PushConfig = z.infer<typeof pushSchema>;
export type CardKeysConfig = z.infer<typeof cardKeysSchema>;
export type DialectName = (typeof dialectNames)[number];

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}
