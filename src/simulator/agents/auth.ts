import { randomUUID } from "node:crypto";
import { Router as createRouter, type RequestHandler, type Router, urlencoded } from "express";
import type { Clock } from "../../model/clock.ts";

/** What a caller must show. At most one of them. */
export interface AgentAuth {
  readonly bearer?: string;
  readonly apiKey?: { readonly header: string; readonly value: string };
  /** Client credentials (RFC 6749, section 4.4) against the agent's own token endpoint; tokens live for `seconds` (3600). */
  readonly oauth?: { readonly clientId: string; readonly clientSecret: string; readonly seconds?: number };
}

export interface Doorkeeper {
  /** Answers 401 to who may not pass. */
  readonly guard: RequestHandler;
  /** `POST /oauth/token`; without oauth there is none. */
  readonly tokenEndpoint: Router;
  /** How many tokens were given out. */
  readonly issued: number;
  /** Makes every token that was given out worthless before its time. */
  revoke(): void;
}

export const tokenPath = "/oauth/token";

export function createDoorkeeper(auth: AgentAuth, clock: Clock): Doorkeeper {
  const tokens = new Map<string, number>();
  let issued = 0;
  const issue = (seconds: number) => {
    const token = `token-${randomUUID()}`;
    issued += 1;
    tokens.set(token, clock.now() + seconds * 1000);
    return token;
  };
  return {
    guard: (request, response, next) => {
      const shown = request.header("authorization") ?? "";
      if (
        passes(
          auth,
          shown,
          (name) => request.header(name),
          (token) => (tokens.get(token) ?? 0) > clock.now(),
        )
      )
        return next();
      response.status(401).set("www-authenticate", 'Bearer error="invalid_token"').json({ code: 401, message: "who are you?" });
    },
    tokenEndpoint: auth.oauth ? tokenRouter(auth.oauth, issue) : createRouter(),
    get issued() {
      return issued;
    },
    revoke: () => tokens.clear(),
  };
}

function passes(
  auth: AgentAuth,
  authorization: string,
  header: (name: string) => string | undefined,
  valid: (token: string) => boolean,
): boolean {
  if (auth.apiKey) return header(auth.apiKey.header) === auth.apiKey.value;
  if (auth.bearer !== undefined) return authorization === `Bearer ${auth.bearer}`;
  if (auth.oauth) return authorization.startsWith("Bearer ") && valid(authorization.slice("Bearer ".length));
  return true;
}

function tokenRouter(oauth: NonNullable<AgentAuth["oauth"]>, issue: (seconds: number) => string): Router {
  const router = createRouter();
  const seconds = oauth.seconds ?? 3600;
  const basic = `Basic ${Buffer.from(`${encodeURIComponent(oauth.clientId)}:${encodeURIComponent(oauth.clientSecret)}`).toString("base64")}`;
  router.post(tokenPath, urlencoded({ extended: false }), (request, response) => {
    const form: unknown = request.body;
    const field = (name: string): unknown => (typeof form === "object" && form !== null ? Reflect.get(form, name) : undefined);
    const byForm = field("client_id") === oauth.clientId && field("client_secret") === oauth.clientSecret;
    response.set("cache-control", "no-store");
    if (field("grant_type") !== "client_credentials") {
      response.status(400).json({ error: "unsupported_grant_type" });
    } else if (!byForm && request.header("authorization") !== basic) {
      response.status(401).json({ error: "invalid_client" });
    } else {
      response.json({ access_token: issue(seconds), token_type: "Bearer", expires_in: seconds });
    }
  });
  return router;
}
