import type { Row } from "../../model/ledger.ts";
import type { Watch } from "./news.ts";

/** What is behind the scenes: the bridge's process, its ledger, and what can be made to go wrong. */
export interface Backstage {
  /** The bridge as a process. */
  bridge(): BridgeState;
  readonly switches: readonly Switch[];
  /** The rows of one conversation, oldest first. Rejects when the ledger cannot be read now. */
  trace(lane: string): Promise<readonly Row[]>;
  /** Calls back when the bridge, a switch or the ledger changed. */
  readonly onChange: Watch;
}

export interface BridgeState {
  readonly state: "starting" | "running" | "killed";
  /** Undefined while there is no process. */
  readonly pid: number | undefined;
  /** When it came into this state; milliseconds since 1970. */
  readonly since: number;
  /** How often it was killed. */
  readonly kills: number;
}

/** Something that goes wrong while it is on. One without `isOn` is done once. */
export interface Switch {
  readonly id: string;
  readonly label: string;
  /** What happens then, in one line. */
  readonly hint: string;
  isOn?(): boolean;
  flip(on: boolean): Promise<void>;
}
