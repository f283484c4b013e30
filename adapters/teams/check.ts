import { z } from "zod";
import type { Finding } from "../../src/model/adapter.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import { toEndpoints } from "./clouds.ts";
import type { TeamsConfig } from "./config.ts";
import type { Connector } from "./connector.ts";
import type { Tokens } from "./credentials.ts";
import { toDeliveryError } from "./errors.ts";
import { exchange } from "./exchange.ts";

export interface CheckOptions {
  readonly config: TeamsConfig;
  readonly fetch: typeof fetch;
  readonly connector: Connector;
  /** Absent: nobody proves anything (see `teams.insecureLocal`). */
  readonly tokens: Tokens | undefined;
}

/** Where the door for activities is, behind the bridge's address. */
export const messagesPath = "/api/messages";

/** See `Adapter.check`. */
export async function checkTeams(options: CheckOptions, publicUrl: string | undefined, signal: AbortSignal): Promise<readonly Finding[]> {
  const { tokens, config } = options;
  if (!tokens) {
    const says = "teams.insecureLocal takes activities of this machine without asking who sends them: for trying things out only";
    return [{ what: "credentials", state: "bad", says }];
  }
  return [...(await checkToken(config, tokens)), await checkKeys(options), await checkDoor(options, publicUrl, signal)];
}

const claimsSchema = z.object({ aud: z.string(), tid: z.string().optional(), appid: z.string().optional(), azp: z.string().optional() });

/** Whether the credentials are good, and whose they are by Microsoft's own word. The token is ours: nothing depends on it being genuine. */
async function checkToken(config: TeamsConfig, tokens: Tokens): Promise<readonly Finding[]> {
  let token: string;
  try {
    token = await tokens.get();
  } catch (error) {
    const passing = error instanceof DeliveryError && error.kind === "unavailable";
    return [{ what: "credentials", state: passing ? "unknown" : "bad", says: toWords(error) }];
  }
  const credentials: Finding = { what: "credentials", state: "good", says: "Microsoft Entra gives the bot a token" };
  const claims = readClaims(token);
  const app = claims?.appid ?? claims?.azp;
  const { scope } = toEndpoints(config);
  return [
    credentials,
    compare("app id", "teams.appId", config.appId, app),
    compare("tenant", "teams.tenantId", config.tenantId, claims?.tid),
    ...(claims === undefined || claims.aud === scope ? [] : [compare("audience", "teams.cloud", scope, claims.aud)]),
  ];
}

function compare(what: string, key: string, wanted: string | undefined, found: string | undefined): Finding {
  if (wanted === undefined || found === undefined) return { what, state: "unknown", says: `the token does not say it: look at ${key}` };
  if (wanted.toLowerCase() === found.toLowerCase()) return { what, state: "good", says: wanted };
  return { what, state: "bad", says: `${key} says ${wanted}, and the token is for ${found}` };
}

function readClaims(token: string): z.output<typeof claimsSchema> | undefined {
  try {
    return claimsSchema.safeParse(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"))).data;
  } catch {
    return undefined; // a token need not be readable
  }
}

async function checkKeys({ connector }: CheckOptions): Promise<Finding> {
  const what = "keys of Teams";
  try {
    await connector.prepare();
    return { what, state: "good", says: "known: genuine activities can be told from others" };
  } catch (error) {
    return { what, state: "bad", says: `${toWords(error)}. Look at outbound.proxy, outbound.caFile and teams.endpoints.openId` };
  }
}

/** An activity without a token, as only a stranger would send it: a bridge that runs there turns it away with 401. */
const stranger = {
  type: "message",
  channelId: "msteams",
  serviceUrl: "https://smba.trafficmanager.net/amer/",
  conversation: { id: "nobody" },
};

async function checkDoor({ fetch }: CheckOptions, publicUrl: string | undefined, signal: AbortSignal): Promise<Finding> {
  const what = "messaging endpoint";
  if (publicUrl === undefined)
    return { what, state: "bad", says: `publicUrl is missing: the Azure Bot needs an https address that ends with ${messagesPath}` };
  const url = new URL(messagesPath, publicUrl).href;
  if (!url.startsWith("https:")) return { what, state: "bad", says: `${url} is not https, which Teams insists on: see publicUrl` };
  try {
    const headers = { "content-type": "application/json" };
    const { status } = await exchange(fetch, url, { method: "POST", headers, body: JSON.stringify(stranger) }, signal);
    return { what, ...toDoor(status, url) };
  } catch {
    // Whatever it was, it says more about the way from here than about the way from Teams.
    const says = `${url} cannot be reached from here. From outside, a POST there must be answered with 400 or 401`;
    return { what, state: "unknown", says };
  }
}

function toDoor(status: number, url: string): Pick<Finding, "state" | "says"> {
  if (status === 401)
    return { state: "good", says: `${url} is open and turns strangers away; the Azure Bot must name exactly this address` };
  if (status === 503) return { state: "unknown", says: `${url} answers with 503: the bridge is starting or stopping` };
  if (status === 404) return { state: "bad", says: `${url} answers with 404: what runs there has no Teams, or publicUrl leads elsewhere` };
  return { state: "bad", says: `${url} answers with ${status}: something in between, such as a proxy or a sign-in page, keeps it` };
}

function toWords(error: unknown): string {
  return toDeliveryError(error, "the call", "read").message;
}
