import { until } from "../until.ts";
import { countEnded } from "./judge.ts";
import { type BridgeProcess, startBridge } from "./process.ts";
import type { Kill } from "./protocol.ts";
import type { Scene } from "./scene.ts";
import { messagesEach, speakEverywhere, type Talk } from "./talk.ts";

/** How one life of the bridge ends by SIGKILL. */
export type Blow =
  /** At a failpoint; hits are counted from the start, or only once the bridge has taken every message. */
  | (Kill & { readonly kind: "failpoint"; readonly from: "start" | "taken" })
  /** This long after the process was started, ready or not. */
  | { readonly kind: "started"; readonly ms: number }
  /** This long after the bridge was ready. */
  | { readonly kind: "ready"; readonly ms: number };

/** What was seen of the bridge's lives, all of them together. */
export interface Lived {
  readonly talks: readonly Talk[];
  /** Messages that were said and had no end when each blow fell. */
  readonly inFlight: readonly number[];
  readonly hits: Hits;
  readonly faults: readonly string[];
}

/** How often each failpoint was reached in the last life; `sinceArmed` counts from when every message was taken. */
export interface Hits {
  readonly total: Readonly<Record<string, number>>;
  readonly sinceArmed: Readonly<Record<string, number>>;
}

/** Long enough for every restart and for the expiry of what nothing else can end. */
const patienceMs = 60_000;
/** A failpoint behind the last post is still reached by then. */
const graceMs = 3_000;

/** One life for each blow, and one more that goes on until every turn has its end. */
export async function liveThrough(scene: Scene, blows: readonly Blow[]): Promise<Lived> {
  const lives = new Lives(scene);
  for (const blow of blows) await lives.endWith(blow);
  return lives.goOn();
}

class Lives {
  readonly #scene: Scene;
  readonly #faults: string[] = [];
  readonly #inFlight: number[] = [];
  #talks: readonly Talk[] = [];
  #talking: Promise<void> | undefined;
  #isTaken = false;
  #bridge: BridgeProcess | undefined;
  /** The blow that waits until every message is taken. */
  #waiting: Kill | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  async endWith(blow: Blow): Promise<void> {
    const atOnce = blow.kind === "failpoint" && (blow.from === "start" || this.#isTaken);
    this.#waiting = blow.kind === "failpoint" && !atOnce ? blow : undefined;
    const bridge = startBridge({ ...this.#scene.start, ...(atOnce ? { kill: blow } : {}) });
    const timers = [setTimeout(bridge.kill, blow.kind === "started" ? blow.ms : 2 * patienceMs)];
    if (await this.#begin(bridge)) {
      if (blow.kind === "ready") timers.push(setTimeout(bridge.kill, blow.ms));
      if (blow.kind === "failpoint") void this.#killIdle(bridge);
    }
    const { signal, died, stderr } = await bridge.ended;
    this.#scene.gates.up.close();
    for (const timer of timers) clearTimeout(timer);
    this.#inFlight.push(this.#talks.reduce((sum, { messages }) => sum + messages.length, 0) - countEnded(this.#scene.slack, this.#talks));
    if (signal !== "SIGKILL") this.#faults.push(`the bridge ended by itself: ${stderr}`);
    if (blow.kind === "failpoint" && !died) this.#faults.push(`${blow.failpoint} was never hit for the ${blow.hit}. time`);
  }

  async goOn(): Promise<Lived> {
    this.#waiting = undefined;
    const bridge = startBridge(this.#scene.start);
    try {
      if (!(await this.#begin(bridge))) throw new Error(`the bridge did not start: ${(await bridge.ended).stderr}`);
      await this.#settle(bridge).catch((error: unknown) => this.#faults.push(String(error)));
      const hits = await bridge.ask({ kind: "hits" }, "hits");
      return { talks: this.#talks, inFlight: this.#inFlight, hits, faults: this.#faults };
    } finally {
      await bridge.stop();
    }
  }

  /** Whether the bridge became ready. With the first that did, people begin to talk. */
  async #begin(bridge: BridgeProcess): Promise<boolean> {
    this.#bridge = bridge;
    try {
      await bridge.ready;
    } catch {
      return false; // it was killed before; `ended` tells
    }
    this.#scene.gates.up.open();
    this.#talking ??= this.#talk();
    return true;
  }

  async #talk(): Promise<void> {
    const { talks, taken } = speakEverywhere(this.#scene);
    this.#talks = talks;
    this.#faults.push(...(await taken));
    this.#isTaken = true;
    // A bridge that is killed meanwhile cannot be armed: the blow has fallen then, or is missed and reported.
    await this.#arm().catch(() => undefined);
    this.#scene.gates.begin.open();
  }

  /** Once there is nothing left to do but to wait for the agents: what is counted from here belongs to their answers. */
  async #arm(): Promise<void> {
    const bridge = this.#bridge;
    const kill = this.#waiting;
    await until(async () => {
      const rows = await bridge?.ask({ kind: "rows" }, "rows");
      return rows?.open === rows?.tasks;
    }, patienceMs);
    await bridge?.ask({ kind: "arm", ...(kill ? { kill } : {}) }, "armed");
  }

  /** A bridge that has nothing more to do will not reach its failpoint. */
  async #killIdle(bridge: BridgeProcess): Promise<void> {
    const { slack } = this.#scene;
    let over = false;
    void bridge.ended.then(() => {
      over = true;
    });
    const all = this.#scene.parties.length * messagesEach;
    await until(() => over || countEnded(slack, this.#talks) === all, patienceMs).catch(() => undefined);
    setTimeout(bridge.kill, graceMs).unref();
  }

  /** Until every turn has its end, Slack has nothing to send again, and the store holds no open work. What is late then is missing. */
  async #settle(bridge: BridgeProcess): Promise<void> {
    const { slack } = this.#scene;
    await this.#talking;
    const all = this.#talks.length * messagesEach;
    await until(() => countEnded(slack, this.#talks) === all, patienceMs, "every turn to have its end");
    await slack.settled();
    await until(async () => (await bridge.ask({ kind: "rows" }, "rows")).open === 0, patienceMs, "the store to have no open rows");
    const { buried } = await bridge.ask({ kind: "rows" }, "rows");
    if (buried > 0) this.#faults.push(`${buried} rows are buried`);
  }
}
