import { createPushBox, type PushBox } from "./agents/check/push-box.ts";
import { toPush } from "./agents/policy.ts";
import type { Asked } from "./agents-asked.ts";
import type { Config } from "./config.ts";
import { type BridgeServer, createHttpServer } from "./http/server.ts";
import type { Log } from "./log.ts";
import type { Clock } from "./model/clock.ts";
import { ConfigError } from "./model/errors.ts";
import { toPushAddress } from "./push-doors.ts";

/** A door for pushes, open as long as a command runs. */
export interface Door {
  readonly box?: PushBox;
  /** Why there is none. */
  readonly why?: string;
  close(): Promise<void>;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens where the bridge itself listens, or, where an agent on this machine may push to any port, on a free one if that is taken.
 * Without an address that the agent could reach there is no door.
 */
export async function openDoor({ name, config }: Asked, parts: Parts): Promise<Door> {
  const local = config.outbound.allowPrivateNetworks === true && config.publicUrl === undefined;
  if (config.publicUrl === undefined && !local) return { why: "there is no publicUrl for pushes", close: async () => undefined };
  const letters: { box?: PushBox } = {};
  const opened: BridgeServer[] = [];
  const close = async () => void (await Promise.all(opened.map((server) => server.stop())));
  const open = async (where: { readonly host: string; readonly port: number }) => {
    const server = createServer(config, where, () => letters.box, parts);
    const { url } = await server.start();
    opened.push(server);
    return url;
  };
  try {
    const free = { host: "127.0.0.1", port: 0 };
    const url = await open(config.listen).catch((error: unknown) => {
      if (local && error instanceof ConfigError) return open(free);
      throw error;
    });
    const own = toPush(config.agents[name] ?? { url: "http://unused.invalid" });
    if (own.auth === "none" && own.listen) await open({ host: own.listen.host ?? config.listen.host, port: own.listen.port });
    const address = toPushAddress(config, name, config.publicUrl ?? url);
    const fixed = address?.kind === "fixed";
    const toUrl = (id: string) => (address?.kind === "perTurn" ? `${address.base}/${id}` : (address?.url ?? url));
    letters.box = createPushBox({ toUrl, fixed, clock: parts.clock });
    return { box: letters.box, close };
  } catch (error) {
    await close();
    if (!(error instanceof ConfigError)) throw error;
    return { why: "the port for pushes is taken; a bridge that runs must be stopped for this", close: async () => undefined };
  }
}

function createServer(
  config: Config,
  where: { readonly host: string; readonly port: number },
  box: () => PushBox | undefined,
  { clock, log }: Parts,
): BridgeServer {
  const server = createHttpServer({ ...config.listen, ...where, ready: async () => true, log, clock, graceMs: 500 });
  server.add([
    {
      method: "POST",
      path: "/*",
      bodyLimit: config.limits.pushBodyMB * 1_048_576,
      perMinute: 600,
      handle: async (request) => box()?.handle(request) ?? { status: 503 },
    },
  ]);
  return server;
}
