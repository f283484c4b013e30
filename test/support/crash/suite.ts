import { expect } from "@jest/globals";
import { failpoints } from "../../../src/model/failpoint.ts";
import type { Verdict } from "./judge.ts";
import type { Blow } from "./lives.ts";
import { killAll } from "./process.ts";
import { createGroup, type Run, run, toTable } from "./run.ts";
import type { Platform } from "./scene.ts";

/** The limit of everything in such a suite: the first test waits for its run only, the last one may wait for all. */
export const patienceMs = 900_000;

/** What every run of a suite must show, beside an answer or a notice for each message. */
type Demands = Partial<Pick<Verdict, "repeated" | "leftEmpty">>;

/**
 * Runs of one platform that go on side by side, for most of their time is waiting; each test looks at its own. The bridge runs in a process of
 * its own and is killed with SIGKILL; the platform and the agents live on here and are the judges.
 */
export interface Suite {
  /** A life that nobody ends: which failpoints it reaches says where to kill. The first run. */
  calm(): Promise<Run>;
  begin(title: string, blows: readonly Blow[]): void;
  /** The run of that title. Fails where it has a fault. */
  sound(title: string): Promise<Run>;
  /** Ends what is under way, and shows all that was run. */
  close(): void;
}

/** The title of the run that nobody ends. */
export const never = "never";

export interface SuiteOptions {
  readonly platform: Platform;
  /** How many messages are said in a run. */
  readonly messages: number;
  readonly demands: Demands;
  /** What was said where, for the head of the table. */
  readonly about: string;
  /** How many runs there are at the same time; unless said otherwise as many as the machine can do. */
  readonly most?: number;
}

export function createSuite({ platform, messages, demands, about, most }: SuiteOptions): Suite {
  const group = createGroup(3, most);
  const runs = new Map<string, Promise<Run>>();
  const done: Run[] = [];
  const note = (title: string, running: Promise<Run>) => {
    runs.set(title, running);
    running.then(
      (each) => done.push(each),
      () => undefined, // its test hears of it
    );
    return running;
  };
  return {
    calm: () => note(never, run(platform, never, [])),
    begin: (title, blows) =>
      void note(
        title,
        group(() => run(platform, title, blows)),
      ),
    async sound(title) {
      const found = await runs.get(title);
      expect(found?.faults).toEqual([]);
      if (!found) throw new Error(`nothing was run for ${title}`);
      expect(found).toMatchObject({ answers: messages - found.notices, doubled: 0, lost: 0, disorder: 0, ...demands });
      return found;
    },
    close() {
      killAll();
      const order = [...runs.keys()];
      const sorted = done.toSorted((a, b) => order.indexOf(a.title) - order.indexOf(b.title));
      process.stdout.write(`\n${messages} messages in ${about}, SIGKILL\n${toTable(sorted)}\n\n`);
    },
  };
}

const slow: readonly string[] = ["ask.sent.after", "ask.send.before"];

/** All of them, those first whose runs wait for an expiry and take the longest. */
export const failpointsBySpeed = failpoints.toSorted((a, b) => slow.indexOf(b) - slow.indexOf(a));
