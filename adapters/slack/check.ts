import type { Finding } from "../../src/model/adapter.ts";
import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import type { SlackConfig } from "./config.ts";
import { slackErrorName } from "./errors.ts";
import { identify } from "./identity.ts";
import { neededScopes, toFeatures } from "./manifest.ts";
import type { Web } from "./web.ts";

export interface CheckOptions {
  readonly config: SlackConfig;
  readonly web: Web;
  /** With the app-level token, where there is one. */
  readonly appWeb: Web | undefined;
}

/** See `Adapter.check`. */
export async function checkSlack(options: CheckOptions, publicUrl: string | undefined, signal: AbortSignal): Promise<readonly Finding[]> {
  return [...(await checkToken(options, signal)), await checkWay(options, publicUrl, signal)];
}

async function checkToken({ config, web }: CheckOptions, signal: AbortSignal): Promise<readonly Finding[]> {
  const what = "bot token";
  try {
    const { team, app, granted } = await identify(web, signal);
    return [{ what, state: "good", says: `app ${app ?? "unknown"} in workspace ${team}` }, checkScopes(config, granted)];
  } catch (error) {
    const way = error instanceof ConfigError ? "" : ": look at the firewall, outbound.proxy and outbound.caFile";
    return [{ what, state: "bad", says: `${toWords(error)}${way}` }];
  }
}

/** Which routes take follow-ups is the bridge's business: what only they need is named without being called wrong. */
function checkScopes(config: SlackConfig, granted: readonly string[] | undefined): Finding {
  const what = "scopes";
  if (granted === undefined) return { what, state: "unknown", says: "Slack does not say which are granted" };
  const needed = neededScopes(toFeatures(config, false));
  const missing = [...needed].filter(([scope]) => !granted.includes(scope));
  if (missing.length > 0) {
    const list = missing.map(([scope, by]) => `${scope} (for ${by.join(", ")})`).join("; ");
    return { what, state: "bad", says: `missing: ${list}. Add them (manifest slack), and install the app again` };
  }
  const wanted = [...neededScopes(toFeatures(config, true)).keys()].filter((scope) => !granted.includes(scope));
  if (wanted.length === 0) return { what, state: "good", says: "all that are needed are granted" };
  return { what, state: "unknown", says: `for follow-ups without a mention in channels ${wanted.join(", ")} would be needed, too` };
}

/** How events come: over sockets that the app-level token opens, or to the door behind `publicUrl`. */
async function checkWay({ config, appWeb }: CheckOptions, publicUrl: string | undefined, signal: AbortSignal): Promise<Finding> {
  if (appWeb === undefined) {
    const what = "request URL";
    if (publicUrl === undefined) return { what, state: "bad", says: "publicUrl is missing: set it, or slack.appToken for Socket Mode" };
    const url = `${publicUrl.replace(/\/+$/, "")}/slack/events`;
    return { what, state: "unknown", says: `the app must name ${url} for events, interactivity and ${config.command || "commands"}` };
  }
  const what = "app token";
  try {
    await appWeb.call("apps.connections.open", "read", {}, signal);
    return { what, state: "good", says: "opens sockets (Socket Mode)" };
  } catch (error) {
    const refused = error instanceof DeliveryError && error.kind === "refused";
    const name = refused
      ? ` (${slackErrorName(error) ?? "refused"}): slack.appToken needs the scope connections:write, and the app Socket Mode`
      : "";
    return { what, state: refused ? "bad" : "unknown", says: `${toWords(error)}${name}` };
  }
}

function toWords(error: unknown): string {
  return error instanceof ConfigError || error instanceof DeliveryError ? error.message : "the call failed";
}
