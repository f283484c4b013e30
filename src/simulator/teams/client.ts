import { X509Certificate } from "node:crypto";
import { jwtVerify } from "jose";
import type { Tenant } from "./tenant.ts";

/** As Microsoft Entra answers clients (RFC 6749, section 5.2). */
export interface ClientProblem {
  readonly error: string;
  readonly error_description: string;
}

/** What is wrong with a request for a token by client credentials; undefined when nothing is. */
export async function findClientProblem(tenant: Tenant, tenantId: string, form: URLSearchParams): Promise<ClientProblem | undefined> {
  if (form.get("grant_type") !== "client_credentials")
    return { error: "unsupported_grant_type", error_description: "AADSTS70003: the grant type is not client_credentials" };
  if (tenantId !== tenant.id) return { error: "invalid_request", error_description: "AADSTS90002: there is no such tenant" };
  if (form.get("client_id") !== tenant.app.id)
    return { error: "unauthorized_client", error_description: "AADSTS700016: there is no such application in the tenant" };
  if (!/^https:\/\/\S+\/\.default$/.test(scopeOf(form)))
    return { error: "invalid_scope", error_description: "AADSTS1002012: the scope of client credentials ends with /.default" };
  if (form.has("client_assertion")) return (await isAssertionGood(tenant, form)) ? undefined : badAssertion;
  if (form.get("client_secret") === tenant.app.password) return undefined;
  return { error: "invalid_client", error_description: "AADSTS7000215: the client secret is wrong" };
}

const badAssertion: ClientProblem = { error: "invalid_client", error_description: "AADSTS700027: the client assertion is wrong" };

/** Whom the token is for. */
export function audienceOf(form: URLSearchParams): string {
  return scopeOf(form).replace(/\/\.default$/, "");
}

/** MSAL adds the scopes of OpenID Connect; a token for an application takes no notice of them. */
function scopeOf(form: URLSearchParams): string {
  const scopes = (form.get("scope") ?? "").split(" ");
  return scopes.filter((scope) => !["openid", "profile", "offline_access", ""].includes(scope)).join(" ");
}

/** A certificate signs for the client (RFC 7523): for this token endpoint, in its own name. */
async function isAssertionGood({ id, app, clock }: Tenant, form: URLSearchParams): Promise<boolean> {
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  if (app.certificate === undefined || form.get("client_assertion_type") !== type) return false;
  try {
    const { publicKey } = new X509Certificate(app.certificate);
    const options = { issuer: app.id, subject: app.id, currentDate: new Date(clock.now()), clockTolerance: "5 minutes" };
    const { payload } = await jwtVerify(form.get("client_assertion") ?? "", publicKey, options);
    return String(payload.aud).endsWith(`/${id}/oauth2/v2.0/token`);
  } catch {
    return false; // whatever is wrong with it, it is not good
  }
}
