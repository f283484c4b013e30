import { randomUUID } from "node:crypto";
import { createKeys, type Keys } from "./keys.ts";
import type { Tenant } from "./tenant.ts";

/** One answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How the token of an activity is wrong, for hostile tests. */
export type TokenKind =
  | "good"
  | "none"
  | "wrongIssuer"
  | "wrongAudience"
  | "wrongServiceUrl"
  | "expired"
  | "notYetValid"
  | "unknownKey"
  | "forged"
  | "garbage";

/** Who the bot and the service are to each other: tokens of both directions, and the documents by which they are checked. */
export interface Login {
  readonly keys: Keys;
  /** The path under which the metadata stands. A client may cache keys by address for a day: each simulator has one of its own. */
  readonly metadataPath: string;
  readonly keysPath: string;
  /** The token of an activity that the service sends. Undefined: none is sent. */
  toBot(kind: TokenKind, serviceUrl: string): Promise<string | undefined>;
  /** Whether a bearer token lets its bearer call the Bot Connector; otherwise what is wrong. */
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
}

export async function createLogin({ tenant, service }: LoginOptions): Promise<Login> {
  const { clock, app } = tenant;
  const keys = await createKeys(clock);
  const instance = randomUUID();
  const issuer = `https://sts.windows.net/${tenant.id}/`;
  const now = () => Math.floor(clock.now() / 1000);

  async function toBot(kind: TokenKind, serviceUrl: string): Promise<string | undefined> {
    if (kind === "none") return undefined;
    if (kind === "garbage") return "not.a.token";
    const shift = kind === "expired" ? -3 * hour : kind === "notYetValid" ? 3 * hour : 0;
    return keys.sign({
      issuer: kind === "wrongIssuer" ? "https://sts.windows.net/somebody-else/" : service,
      audience: kind === "wrongAudience" ? "00000000-0000-4000-8000-000000000000" : app.id,
      issuedAt: now() + shift,
      expiresAt: now() + shift + hour,
      claims: { serviceurl: kind === "wrongServiceUrl" ? "https://smba.trafficmanager.test/amer/" : serviceUrl },
      ...(kind === "unknownKey" && { keyId: "never-published" }),
      forged: kind === "forged",
    });
  }

  async function grant(audience: string): Promise<HttpAnswer> {
    const claims = { appid: app.id, tid: tenant.id };
    const token = await keys.sign({ issuer, audience, issuedAt: now(), expiresAt: now() + hour, claims });
    return { status: 200, body: { token_type: "Bearer", expires_in: hour, ext_expires_in: hour, access_token: token } };
  }

  return {
    keys,
    metadataPath: `/${instance}/v1/.well-known/openidconfiguration`,
    keysPath: `/${instance}/v1/.well-known/keys`,
    toBot,
    async problem(authorization) {
      const token = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
      if (token === undefined) return "a call came without a bearer token";
      const claims = await keys.verify(token, { issuer, audience: service });
      return claims?.appid === app.id ? undefined : "a call came with a token that is not good for the Bot Connector";
    },
    async issue(tenantId, form) {
      const problem = findProblem(tenant, tenantId, form);
      if (problem !== undefined) return { status: problem.error === "invalid_client" ? 401 : 400, body: problem };
      return grant((form.get("scope") ?? "").replace(/\/\.default$/, ""));
    },
    async issueManaged(query, metadataHeader) {
      const client = query.get("client_id");
      if (metadataHeader !== "true" || client !== app.id) return { status: 400, body: { error: "invalid_request" } };
      const { body } = await grant(query.get("resource") ?? "");
      return { status: 200, body: { ...Object(body), expires_on: String(now() + hour), client_id: client } };
    },
  };
}

/** As Microsoft Entra answers clients (RFC 6749, section 5.2). */
function findProblem(
  { id, app }: Tenant,
  tenantId: string,
  form: URLSearchParams,
): { readonly error: string; readonly error_description: string } | undefined {
  if (form.get("grant_type") !== "client_credentials")
    return { error: "unsupported_grant_type", error_description: "AADSTS70003: the grant type is not client_credentials" };
  if (tenantId !== id) return { error: "invalid_request", error_description: "AADSTS90002: there is no such tenant" };
  if (form.get("client_id") !== app.id)
    return { error: "unauthorized_client", error_description: "AADSTS700016: there is no such application in the tenant" };
  if (!/^https:\/\/\S+\/\.default$/.test(form.get("scope") ?? ""))
    return { error: "invalid_scope", error_description: "AADSTS1002012: the scope of client credentials ends with /.default" };
  if (form.get("client_secret") !== app.password)
    return { error: "invalid_client", error_description: "AADSTS7000215: the client secret is wrong" };
  return undefined;
}
