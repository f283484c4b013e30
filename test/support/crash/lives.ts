import { until } from "../until.ts";
import type { Testimony } from "./chat.ts";
import { type BridgeProcess, startBridge } from "./process.ts";
import type { Kill } from "./protocol.ts";
import type { Scene } from "./scene.ts";

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
  /** Messages that were said and had no end when each blow fell. */
  readonly inFlight: readonly number[];
  readonly hits: Hits;
  readonly faults: readonly string[];
  readonly testimony: Testimony;
}

/** How often each failpoint was reached in the last life; `sinceArmed` counts from when every message was taken. */
export interface Hits {
  readonly total: Readonly<Record<string, number>>;
  readonly sinceArmed: Readonly<Record<string, number>>;
}

/** Long enough for every restart and for the expiry of what nothing else can end. */
const patienceMs = 200_000;
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
    this.#inFlight.push(this.#scene.chat.said() - this.#scene.chat.ended());
    if (signal !== "SIGKILL") this.#faults.push(`the bridge ended by itself: ${stderr}`);
    if (blow.kind === "failpoint" && !died) this.#faults.push(`${blow.failpoint} was never hit for the ${blow.hit}. time`);
  }

  async goOn(): Promise<Lived> {
    this.#waiting = undefined;
    const repeatedBefore = await this.#scene.countRepeated();
    const bridge = startBridge(this.#scene.start);
    try {
      if (!(await this.#begin(bridge))) throw new Error(`the bridge did not start: ${(await bridge.ended).stderr}`);
      await this.#settle(bridge).catch((error: unknown) => this.#faults.push(String(error)));
      const hits = await bridge.ask({ kind: "hits" }, "hits");
      const testimony = await this.#testify(bridge, repeatedBefore);
      return { inFlight: this.#inFlight, hits, faults: this.#faults, testimony };
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
    this.#faults.push(...(await this.#scene.chat.speak()));
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
    const { chat } = this.#scene;
    let over = false;
    void bridge.ended.then(() => {
      over = true;
    });
    await until(() => over || chat.ended() === chat.planned, patienceMs).catch(() => undefined);
    setTimeout(bridge.kill, graceMs).unref();
  }

  /** Until every turn has its end, the platform has nothing to send again, and the store holds no open work. What is late then is missing. */
  async #settle(bridge: BridgeProcess): Promise<void> {
    const { chat } = this.#scene;
    await this.#talking;
    await until(() => chat.ended() === chat.planned, patienceMs, "every turn to have its end");
    await chat.settled();
    await until(async () => (await bridge.ask({ kind: "rows" }, "rows")).open === 0, patienceMs, "the store to have no open rows");
    const { buried } = await bridge.ask({ kind: "rows" }, "rows");
    if (buried > 0) this.#faults.push(`${buried} rows are buried`);
  }

  /** What the metric says must be what the log says, post by post. */
  async #testify(bridge: BridgeProcess, repeatedBefore: number): Promise<Testimony> {
    const { chat } = this.#scene;
    const { posts, metrics } = await bridge.ask({ kind: "account", lanes: [...chat.lanes()] }, "account");
    const repeated = countRepeats(metrics);
    const logged = (await this.#scene.countRepeated()) - repeatedBefore;
    if (repeated !== logged) this.#faults.push(`the metric counts ${repeated} repeated posts, the log ${logged}`);
    return { kills: this.#inFlight.length, account: { posts }, repeated, repeatedBefore };
  }
}

/** Of `bridge_ambiguous_posts_total`, in the text format of Prometheus. */
function countRepeats(metrics: string): number {
  const lines = metrics.split("\n").filter((line) => /^bridge_ambiguous_posts_total\{[^}]*result="repeated"/.test(line));
  return lines.reduce((sum, line) => sum + Number(/\} (\d+)/.exec(line)?.[1] ?? Number.NaN), 0);
}
