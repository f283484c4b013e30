import type { Verdict } from "./judge.ts";
import { type Blow, type Hits, liveThrough } from "./lives.ts";
import { createScene, type Platform } from "./scene.ts";

export interface Run extends Verdict {
  readonly title: string;
  readonly inFlight: readonly number[];
  readonly hits: Hits;
  readonly seconds: number;
}

/** Every message that the platform's people have in mind, and a bridge that is killed once for each blow and then left alone until every turn has its end. */
export async function run(platform: Platform, title: string, blows: readonly Blow[]): Promise<Run> {
  const started = Date.now();
  const scene = await createScene(platform);
  try {
    const { inFlight, hits, faults, testimony } = await liveThrough(scene, blows);
    const verdict = scene.chat.judge(testimony);
    const all = [...faults, ...verdict.faults];
    if (all.length > 0) all.push(`the bridge's last words: ${await scene.lastWords()}`);
    return { ...verdict, faults: all, title, inFlight, hits, seconds: (Date.now() - started) / 1_000 };
  } finally {
    await scene.stop();
  }
}

/** A run that goes on for longer only waits, mostly for an expiry. Milliseconds. */
const busyMs = 12_000;

/** Runs works in the order in which they were given: at the same time `busy` that are at work, and with those that only wait `most`. */
export function createGroup(busy: number, most = 4 * busy): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let atWork = 0;
  let all = 0;
  const next = () => {
    const begin = atWork < busy && all < most ? waiting.shift() : undefined;
    if (!begin) return;
    atWork += 1;
    all += 1;
    begin();
  };
  return async (work) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      next();
    });
    let isCounted = true;
    const rest = () => {
      if (isCounted) atWork -= 1;
      isCounted = false;
      next();
    };
    const timer = setTimeout(rest, busyMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      all -= 1;
      rest();
    }
  };
}

/** The runs as a table for people. */
export function toTable(runs: readonly Run[]): string {
  const head = [
    "killed at",
    "in flight at kill",
    "answers",
    "notices",
    "doubled",
    "repeated",
    "counted",
    "lost",
    "disorder",
    "left empty",
    "seconds",
  ];
  const lines = runs.map((run) => [
    run.title,
    run.inFlight.join(" + ") || "-",
    ...[run.answers, run.notices, run.doubled, run.repeated, run.counted, run.lost, run.disorder, run.leftEmpty].map(String),
    `${run.seconds.toFixed(1)}${run.faults.length > 0 ? "  FAILED" : ""}`,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  const draw = (line: readonly string[]) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ");
  return [draw(head), widths.map((width) => "-".repeat(width)).join("-|-"), ...lines.map(draw)].join("\n");
}
