import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { HttpRoute, RawRequest, RawResponse } from "../../src/model/http.ts";
import type { Receipt } from "../../src/model/message.ts";
import { messagesPath } from "./check.ts";
import { toCardAnswer } from "./choices.ts";
import type { TeamsConfig } from "./config.ts";
import type { Connector } from "./connector.ts";
import type { Hosts } from "./hosts.ts";
import { isLoopback } from "./hosts.ts";
import { fromActivity, type Incoming, isCardAction, toTenant } from "./inbound.ts";
import { type Activity, activitySchema } from "./wire.ts";

/** The largest activity; Teams' own are far smaller. */
const bodyLimit = 256 * 1024;
/**
 * Milliseconds between the tries to commit an activity. Teams sends again what was not answered within 15 seconds, but not always what was
 * answered with an error, so a store that stumbles is given a little time.
 */
const commitPauses = [300, 700, 2_000, 0];

/** The door for activities. */
export interface Door {
  readonly route: HttpRoute;
  /** From now on activities are taken; before and after they are answered with 503, so that they are sent again. */
  open(): void;
  /** Resolves when the last request is answered. */
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly config: TeamsConfig;
  readonly connector: Connector;
  readonly hosts: Hosts;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves after the commit. Whoever is refused is told so, unless it is said in the answer (`answered`). */
  readonly take: (incoming: Incoming, answered: boolean) => Promise<Receipt>;
}

export function createDoor(options: DoorOptions): Door {
  const { config, log, clock } = options;
  const local = config.insecureLocal;
  let isOpen = false;
  const closing = new AbortController();
  const pending = new Set<Promise<RawResponse>>();

  const commit = async (incoming: Incoming, activity: Activity): Promise<Receipt | undefined> => {
    for (const pause of commitPauses) {
      try {
        return await options.take(incoming, isCardAction(activity));
      } catch (err) {
        log.error({ err, type: activity.type }, "teams activity not committed");
      }
      if (pause === 0 || !isOpen) return undefined;
      await clock.sleep(pause, closing.signal);
    }
    return undefined;
  };

  const handle = async (request: RawRequest): Promise<RawResponse> => {
    const activity = parseActivity(request.body);
    if (!activity) return { status: 400 };
    if (!isOpen) return { status: 503 };
    const refused = await refuse(options, request, activity);
    if (refused) return { status: refused };
    const incoming = fromActivity(activity, { local, now: clock.now() });
    const receipt = incoming && (await commit(incoming, activity));
    if (incoming && !receipt) return { status: 503 };
    if (receipt && isCardAction(activity)) return toCardAnswer(receipt);
    // An invoke is answered here and now; a body in the answer to thumbs would be taken for an error.
    const isKnown = activity.type !== "invoke" || ["message/submitAction", "fileConsent/invoke"].includes(activity.name ?? "");
    return { status: isKnown ? 200 : 501 };
  };

  return {
    route: {
      method: "POST",
      path: messagesPath,
      bodyLimit,
      async handle(request) {
        const answer = handle(request);
        pending.add(answer);
        return answer.finally(() => pending.delete(answer));
      },
    },
    open() {
      isOpen = true;
    },
    async close() {
      isOpen = false;
      closing.abort();
      await Promise.allSettled(pending);
    },
  };
}

/** The status with which an activity is turned away; undefined where it is the service's and meant for us. */
async function refuse(
  { config, connector, hosts, log }: DoorOptions,
  request: RawRequest,
  activity: Activity,
): Promise<number | undefined> {
  const { serviceUrl } = activity;
  const channelId = activity.channelId ?? "";
  const local = config.insecureLocal;
  if (local && !isFromHere(request)) return 403;
  // The SDK knows other channels, with other rules for their tokens.
  if (!local && channelId !== "msteams") return 401;
  if (!(await connector.isAuthentic({ channelId, serviceUrl }, request.headers.authorization ?? ""))) {
    log.info({ given: request.headers.authorization !== undefined }, "teams activity without a token that is good for this bot: refused");
    return 401;
  }
  const tenant = toTenant(activity, local);
  if (!hosts.isService(serviceUrl)) {
    log.warn({ host: new URL(serviceUrl).host }, "teams activity with a service url that is not the platform's: refused");
    return 403;
  }
  if (!local && !isAllowed(tenant, config)) {
    log.warn({ tenant }, "teams activity of a tenant that is not in teams.allowedTenants: refused");
    return 403;
  }
  return undefined;
}

function isAllowed(tenant: string | undefined, { allowedTenants, tenantId }: TeamsConfig): boolean {
  const allowed = allowedTenants ?? (tenantId === undefined ? [] : [tenantId]);
  return tenant !== undefined && allowed.some((one) => one.toLowerCase() === tenant.toLowerCase());
}

/** From a program on this machine: not passed on by a proxy, and not from a web page that somebody looks at here. */
function isFromHere({ ip, headers }: RawRequest): boolean {
  const { origin } = headers;
  if (!isLoopback(ip) || headers.forwarded !== undefined || headers["x-forwarded-for"] !== undefined) return false;
  return origin === undefined || (URL.canParse(origin) && isLoopback(new URL(origin).hostname));
}

function parseActivity(body: Uint8Array): Activity | undefined {
  try {
    return activitySchema.safeParse(JSON.parse(new TextDecoder().decode(body))).data;
  } catch {
    return undefined; // not JSON
  }
}
