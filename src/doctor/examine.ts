import type { AdapterParts } from "../adapter-parts.ts";
import { createAgentClient } from "../agents/client.ts";
import type { Config } from "../config.ts";
import { createGuardedFetch } from "../http/fetch.ts";
import { silentLog, toSafeWords } from "../log.ts";
import type { Adapter, Capabilities, Finding } from "../model/adapter.ts";
import { systemClock } from "../model/clock.ts";
import { AgentError, ConfigError } from "../model/errors.ts";
import type { Store } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import { examineAddress } from "./address.ts";
import { examineClock } from "./clock.ts";
import { examineStore } from "./store.ts";

export interface Section {
  /** `bridge`, or the name of a platform or an agent. */
  readonly about: string;
  readonly findings: readonly Finding[];
}

type MakeAdapters = (config: Config, parts: AdapterParts) => Promise<readonly Adapter[]>;

/** Looks at everything that a bridge needs, changes nothing and starts nothing. Rejects only when it is broken itself. */
export async function examine(config: Config, adapters: MakeAdapters, signal: AbortSignal): Promise<readonly Section[]> {
  const guarded = createGuardedFetch(config.outbound);
  const parts = toParts(guarded);
  try {
    const [store, address, clock, platforms, agents] = await Promise.all([
      examineStore(config.store.url, config.store.encryptionKey),
      examineAddress(config, signal),
      examineClock(config, guarded.fetch, () => systemClock.now(), signal),
      examinePlatforms(config, () => adapters(config, parts), signal),
      Promise.all(Object.keys(config.agents).map((name) => examineAgent(name, config, guarded.fetch, signal))),
    ]);
    return [{ about: "bridge", findings: [...store, address, clock] }, ...platforms, ...agents];
  } finally {
    await guarded.close();
  }
}

/** What an adapter is made of, without a store: nothing that is found out is kept. */
function toParts({ fetch, openSocket }: ReturnType<typeof createGuardedFetch>): AdapterParts {
  return {
    fetch,
    openSocket,
    clock: systemClock,
    log: silentLog,
    openStore: <T extends Json>() => createMemory<T>(),
    alone: false,
    leases: { take: async () => undefined },
    fail: () => undefined,
  };
}

function createMemory<T>(): Store<T> {
  const kept = new Map<string, T>();
  return {
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
  };
}

async function examinePlatforms(config: Config, make: () => Promise<readonly Adapter[]>, signal: AbortSignal): Promise<readonly Section[]> {
  try {
    const adapters = await make();
    return await Promise.all(
      adapters.map(async (adapter) => {
        const seen = (await adapter.check?.(config.publicUrl, signal)) ?? [];
        const guarantee: Finding = { what: "guarantee", state: "good", says: guarantees[adapter.capabilities.posting] };
        await adapter.stop();
        return { about: adapter.platform, findings: [...seen, guarantee] };
      }),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ about: "platforms", findings: [{ what: "configuration", state: "bad", says: error.message }] }];
  }
}

const guarantees: Readonly<Record<Capabilities["posting"], string>> = {
  nonce: "no answer is lost; none appears twice, for the platform itself recognises a repeated post for some minutes",
  lookup: "no answer is lost; none appears twice, for a post of unknown outcome is looked up before it is repeated",
  atLeastOnce: "no answer is lost; a post whose outcome the network hid may appear twice, and is counted as ambiguous",
};

async function examineAgent(name: string, config: Config, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Section> {
  const agent = config.agents[name];
  const about = `agent ${name}`;
  if (agent === undefined) return { about, findings: [] };
  const client = createAgentClient({ name, config: agent, fetch, clock: systemClock, log: silentLog, store: createMemory() });
  try {
    const { push } = await client.abilities(AbortSignal.any([signal, AbortSignal.timeout(20_000)]));
    const pushes = push && config.publicUrl === undefined ? "; it could push, and there is no publicUrl" : "";
    return {
      about,
      findings: [{ what: "card", state: "good", says: `can be had and used${pushes}; "agents check ${name} --yes" tries it` }],
    };
  } catch (error) {
    const why = error instanceof AgentError ? (error.explanation ?? error.message) : toSafeWords(error);
    return { about, findings: [{ what: "card", state: "bad", says: `${why} Look at agents.${name}.url and auth` }] };
  }
}
