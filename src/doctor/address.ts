import { randomBytes } from "node:crypto";
import type { Config } from "../config.ts";
import { createGuardedFetch } from "../http/fetch.ts";
import { createHttpServer } from "../http/server.ts";
import { silentLog, toSafeWords } from "../log.ts";
import type { Finding } from "../model/adapter.ts";
import { ConfigError } from "../model/errors.ts";
import { challengeHeader, createProof, type Prove, proofHeader } from "../proof.ts";

const what = "publicUrl";
const timeoutMs = 10_000;

/** Whether `publicUrl` leads from here to this very bridge: to the one that runs, or to a door that is open for the moment. */
export async function examineAddress(config: Config, signal: AbortSignal): Promise<Finding> {
  const { publicUrl } = config;
  if (publicUrl === undefined) {
    const needed = config.teams !== undefined || config.slack?.signingSecret !== undefined;
    const says = "is not set: no push of an agent can arrive";
    return needed ? { what, state: "bad", says: `${says}, nor any request of a platform` } : { what, state: "unknown", says };
  }
  const prove = createProof(config);
  if (prove === undefined) return { what, state: "unknown", says: "there is no secret to recognise the bridge by" };
  const door = await openDoor(config, prove);
  // The admin's own address: it may well lead back into a private network.
  const guarded = createGuardedFetch({ ...config.outbound, allowPrivateNetworks: true });
  try {
    return await knock(guarded.fetch, publicUrl, prove, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), door !== undefined);
  } finally {
    await guarded.close();
    await door?.stop();
  }
}

/** Undefined where something has the port already: the bridge, most likely. */
async function openDoor({ listen }: Config, prove: Prove) {
  const server = createHttpServer({ ...listen, ready: async () => true, log: silentLog, prove, graceMs: 500 });
  try {
    await server.start();
    return server;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return undefined;
  }
}

async function knock(
  fetch: typeof globalThis.fetch,
  publicUrl: string,
  prove: Prove,
  signal: AbortSignal,
  ours: boolean,
): Promise<Finding> {
  const challenge = randomBytes(24).toString("base64url");
  const url = `${publicUrl.replace(/\/+$/, "")}/healthz`;
  try {
    const response = await fetch(url, { headers: { [challengeHeader]: challenge }, redirect: "manual", signal });
    await response.body?.cancel();
    if (response.headers.get(proofHeader) === prove(challenge)) {
      return {
        what,
        state: "good",
        says: `${publicUrl} leads to this bridge${ours ? " (it does not run: a door was open for the moment)" : ""}`,
      };
    }
    const says = `${url} answers with ${response.status}, but not as this bridge: another one, a proxy or a sign-in page stands there. Look at the proxy's target, and at listen.port`;
    return { what, state: "bad", says };
  } catch (error) {
    const says = `${url} cannot be reached from here (${toSafeWords(error)}). Look at DNS, the certificate, the proxy and the firewall; from outside it may look different`;
    return { what, state: "bad", says };
  }
}
