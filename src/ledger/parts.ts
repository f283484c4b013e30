import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import type { Commits } from "./commit.ts";
import type { Engine } from "./engine.ts";
import type { Vault } from "./vault.ts";
import type { Wake } from "./wake.ts";

/** What the steps of the ledger work with. */
export interface Parts {
  readonly engine: Engine;
  readonly commits: Commits;
  readonly vault: Vault;
  readonly wake: Wake;
  readonly clock: Clock;
  readonly log: Log;
  /** This process, as leases name it. */
  readonly owner: string;
  readonly leaseMs: number;
}
