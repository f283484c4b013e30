import { z } from "zod";

/** Presets carry the policy of a known system; every key of the configuration wins over them. */
const presetNames = ["spark"] as const;

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
      type: z.literal("oauth2"),
      tokenUrl: httpUrl,
      clientId: filled("put the client's id"),
      clientSecret: filled("put the client's secret, best taken from the environment"),
      scope: z.string().optional(),
      audience: z.string().optional(),
    }),
  ],
  'must have a type: "none", "bearer", "apiKey", "basic" or "oauth2"',
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
  auth: z.enum(["token", "bearer", "basic", "none"], 'must be "token", "bearer", "basic" or "none"').optional(),
  path: z.string().startsWith("/", "must begin with a slash").optional(),
  allowFrom: z.array(filled("put an address or a range such as 203.0.113.0/24")).optional(),
  listen: z.strictObject({ host: z.string().optional(), port: z.number().int().min(0).max(65535) }).optional(),
});

const limitsSchema = z.strictObject({
  silenceSeconds: seconds(86_400).optional(),
  answerMinutes: seconds(60 * 24 * 366).optional(),
  contextIdleHours: seconds(24 * 366).optional(),
  pollSeconds: seconds(86_400).optional(),
  connectSeconds: seconds(600).optional(),
});

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
  /** An agent card in place of a fetched one. */
  card: z.record(z.string(), z.json()).optional(),
  auth: authSchema.optional(),
  identity: identitySchema.optional(),
  threadIdentity: z.enum(["owner-only", "separate-context", "shared"]).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
  headers: headersSchema.optional(),
  contextId: z.enum(["server", "client", "none"]).optional(),
  taskId: z.enum(["spec", "always", "never"]).optional(),
  delivery: z
    .array(z.enum(["stream", "blocking", "push", "poll"]))
    .min(1, "is empty: name at least one way")
    .optional(),
  operations: operationsSchema.optional(),
  whileRunning: z.enum(["join", "queue", "refuse"]).optional(),
  onUnknown: z.enum(["notice", "resend"]).optional(),
  push: pushSchema.optional(),
  limits: limitsSchema.optional(),
  paths: pathsSchema.optional(),
});

export type AgentConfig = z.infer<typeof agentSchema>;
export type AuthConfig = z.infer<typeof authSchema>;
export type PushConfig = z.infer<typeof pushSchema>;

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}
