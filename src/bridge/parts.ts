import type { Log } from "../log.ts";
import type { Adapter } from "../model/adapter.ts";
import type { AgentClient } from "../model/agent.ts";
import type { Clock } from "../model/clock.ts";
import type { Failpoint } from "../model/failpoint.ts";
import type { Ledger, Store } from "../model/ledger.ts";
import type { Metrics } from "../model/metrics.ts";
import type { Context, Conversation, Epoch } from "./conversation.ts";
import type { FileLimits } from "./file-rules.ts";
import type { IdentityRules } from "./identity.ts";
import type { Room } from "./room.ts";
import type { Route } from "./route.ts";
import type { SafetyNet } from "./safety-net.ts";

/** What the steps of the path share. Nothing here has a state of its own but the ledger. */
export interface Parts {
  readonly ledger: Ledger;
  readonly conversations: Store<Conversation>;
  readonly contexts: Store<Context>;
  readonly epochs: Store<Epoch>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly agents: ReadonlyMap<string, AgentClient>;
  readonly routes: readonly Route[];
  readonly identity: IdentityRules;
  /** Where this agent may push: a URL that the opaque id is appended to, or a fixed one. Absent: push is not to be had. */
  pushAddress(agent: string): PushAddress | undefined;
  /** Where the bridge is reached from outside, if it is. */
  publicUrl(): string | undefined;
  readonly files: FileLimits;
  readonly safetyNet: SafetyNet;
  /** For the files of people on their way to agents, and for those of agents on their way into threads. Neither waits for the other. */
  readonly room: { readonly fromPeople: Room; readonly fromAgents: Room };
  /**
   * The bytes behind an address that an agent gave, which is not followed elsewhere: of the agent's own host or a public one. Rejects with
   * a DeliveryError.
   */
  fetchFile(
    file: { readonly agent: string | undefined; readonly url: string; readonly mediaType: string },
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  /** How long what is known of a conversation is kept. Milliseconds. */
  readonly keepMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly failpoint: Failpoint;
  readonly pace: Pace;
}

export type PushAddress = { readonly kind: "perTurn"; readonly base: string } | { readonly kind: "fixed"; readonly url: string };

/** The waits of the path, in milliseconds. Tests make them short; an admin has no reason to touch them. */
export interface Pace {
  /** Between the tries to reach an agent that is down; after the last one the turn ends. */
  readonly reach: readonly number[];
  /** Longest pause between two looks at an open task. */
  readonly lookMax: number;
  /** Looks that fail for this long end the turn. */
  readonly lookGiveUp: number;
  /** Text that appears sooner than this after the first is not worth a live message. */
  readonly liveAfter: number;
  /** The working sign is renewed this often: Slack's fades after two minutes. */
  readonly signEvery: number;
  /** How long the files of a message wait for room in memory; then they stay behind, and that is told. */
  readonly roomToAsk: number;
  /** How long a post with a file waits for it in its place; then it makes way for others, and is tried again. */
  readonly roomToPost: number;
  /** First and longest pause between two tries of a post. */
  readonly postFirst: number;
  readonly postMax: number;
  /** A post that could not be made for this long is buried. */
  readonly postGiveUp: number;
  /** A turn that took longer ends in a message of its own, so that people are notified. */
  readonly notifyAfter: number;
}

export const everydayPace: Pace = {
  reach: [1_000, 3_000, 10_000],
  lookMax: 60_000,
  lookGiveUp: 600_000,
  liveAfter: 200,
  signEvery: 60_000,
  roomToAsk: 60_000,
  roomToPost: 5_000,
  postFirst: 1_000,
  postMax: 300_000,
  postGiveUp: 86_400_000,
  notifyAfter: 60_000,
};
