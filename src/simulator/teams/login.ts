import { randomUUID } from "node:crypto";
import { audienceOf, type ClientProblem, findClientProblem } from "./client.ts";
import { createKeys, type Keys } from "./keys.ts";
import type { Tenant } from "./tenant.ts";

/** One answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How the token of an activity is, or is wrong, for hostile tests. */
export type TokenKind =
  | "good"
  | "none"
  | "wrongIssuer"
  | "wrongAudience"
  | "wrongServiceUrl"
  | "expired"
  | "notYetValid"
  | "unknownKey"
  /** Signed with another key under the published one's name. */
  | "forged"
  /** Says that it needs no signature (`alg: none`). */
  | "unsigned"
  | "garbage";

/** Who the bot and the service are to each other: tokens of both directions, and the documents by which they are checked. */
export interface Login {
  readonly keys: Keys;
  /** The path under which the metadata stands. A client may cache keys by address for a day: each simulator has one of its own. */
  readonly metadataPath: string;
  readonly keysPath: string;
  /** The OpenID metadata of the service. */
  metadata(): unknown;
  /** The token of an activity that the service sends. Undefined: none is sent. */
  toBot(kind: TokenKind, serviceUrl: string): Promise<string | undefined>;
  /** What is wrong with an Authorization header of a call of the Bot Connector; undefined when nothing is. */
  problem(authorization: string | undefined): Promise<string | undefined>;
  /** The token endpoint: `POST /<tenant>/oauth2/v2.0/token`. */
  issue(tenantId: string, form: URLSearchParams): Promise<HttpAnswer>;
  /** The endpoint that managed identities ask (docs: how to use managed identities to get an access token). */
  issueManaged(query: URLSearchParams, metadataHeader: string | undefined): Promise<HttpAnswer>;
}

const hour = 3600;

export interface LoginOptions {
  readonly tenant: Tenant;
  /** Issuer of the service's tokens and audience of the bot's: `https://api.botframework.com`. */
  readonly service: string;
  /** Whether anybody is asked who they are. */
  readonly checked: boolean;
}

export async function createLogin({ tenant, service, checked }: LoginOptions): Promise<Login> {
  const { clock, app } = tenant;
  const keys = await createKeys(clock);
  const instance = randomUUID();
  const keysPath = `/${instance}/v1/.well-known/keys`;
  const issuer = `https://sts.windows.net/${tenant.id}/`;
  const now = () => Math.floor(clock.now() / 1000);

  async function grant(audience: string): Promise<HttpAnswer & { readonly body: Readonly<Record<string, unknown>> }> {
    const claims = { appid: app.id, tid: tenant.id };
    const token = await keys.sign({ issuer, audience, issuedAt: now(), expiresAt: now() + hour, claims });
    return { status: 200, body: { token_type: "Bearer", expires_in: hour, ext_expires_in: hour, access_token: token } };
  }

  return {
    keys,
    metadataPath: `/${instance}/v1/.well-known/openidconfiguration`,
    keysPath,
    metadata: () => ({
      issuer: service,
      jwks_uri: `${tenant.address}${keysPath}`,
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
    }),
    toBot: (kind, serviceUrl) => makeToken({ keys, service, appId: app.id, now: now() }, kind, serviceUrl),
    async problem(authorization) {
      if (!checked) return undefined;
      const token = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
      if (token === undefined) return "a call came without a bearer token";
      const claims = await keys.verify(token, { issuer, audience: service });
      return claims?.appid === app.id ? undefined : "a call came with a token that is not good for the Bot Connector";
    },
    async issue(tenantId, form) {
      const problem = await findClientProblem(tenant, tenantId, form);
      return problem === undefined ? grant(audienceOf(form)) : toRefusal(problem);
    },
    async issueManaged(query, metadataHeader) {
      const client = query.get("client_id");
      if (metadataHeader !== "true" || client !== app.id) return { status: 400, body: { error: "invalid_request" } };
      const { body } = await grant(query.get("resource") ?? "");
      return { status: 200, body: { ...body, expires_on: String(now() + hour), client_id: client } };
    },
  };
}

function toRefusal(problem: ClientProblem): HttpAnswer {
  return { status: problem.error === "invalid_client" ? 401 : 400, body: problem };
}

interface Signer {
  readonly keys: Keys;
  readonly service: string;
  readonly appId: string;
  readonly now: number;
}

async function makeToken({ keys, service, appId, now }: Signer, kind: TokenKind, serviceUrl: string): Promise<string | undefined> {
  if (kind === "none") return undefined;
  if (kind === "garbage") return "not.a.token";
  const shift = kind === "expired" ? -3 * hour : kind === "notYetValid" ? 3 * hour : 0;
  const token = await keys.sign({
    issuer: kind === "wrongIssuer" ? "https://sts.windows.net/somebody-else/" : service,
    audience: kind === "wrongAudience" ? "00000000-0000-4000-8000-000000000000" : appId,
    issuedAt: now + shift,
    expiresAt: now + shift + hour,
    claims: { serviceurl: kind === "wrongServiceUrl" ? "https://smba.trafficmanager.test/amer/" : serviceUrl },
    ...(kind === "unknownKey" && { keyId: "never-published" }),
    forged: kind === "forged",
  });
  if (kind !== "unsigned") return token;
  const header = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  return `${header}.${token.split(".")[1]}.`;
}
