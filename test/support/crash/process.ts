import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Answer, type Ask, answerSchema, type Start } from "./protocol.ts";

/** A bridge in a process of its own (`child.ts`). */
export interface BridgeProcess {
  /** Resolves to its address when the bridge takes requests; rejects when the process ended before. */
  readonly ready: Promise<string>;
  /** Resolves to how the process ended; `died` is what it said before it killed itself. */
  readonly ended: Promise<{
    readonly signal: string | null;
    readonly died: Extract<Answer, { kind: "dies" }> | undefined;
    readonly stderr: string;
  }>;
  /** Asks and resolves to the answer; rejects when the process ends before it came. */
  ask<K extends Answer["kind"]>(ask: Ask, kind: K): Promise<Extract<Answer, { kind: K }>>;
  /** SIGKILL, from outside. */
  kill(): void;
  /** The way a process is asked to end in everyday life. Resolves when it is gone. */
  stop(): Promise<void>;
}

const alive = new Set<ChildProcess>();
let isOver = false;
const childFile = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Compiled code is kept between the many starts: most of a start is reading TypeScript. */
const cacheFolder = join(tmpdir(), "a2a-chat-bridge-compile-cache");

export function startBridge(start: Start): BridgeProcess {
  if (isOver) throw new Error("the tests are over");
  const child = spawn(process.execPath, [childFile, JSON.stringify(start)], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { NODE_COMPILE_CACHE: cacheFolder, PATH: "" },
  });
  alive.add(child);
  child.stdin.on("error", () => undefined); // it died while it was spoken to; `ended` says so
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const heard: Answer[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    heard.push(answerSchema.parse(JSON.parse(line)));
    for (const listener of listeners) listener();
  });
  const ended = once(child, "close").then(([, signal]) => {
    alive.delete(child);
    const died = heard.find((answer) => answer.kind === "dies");
    for (const listener of listeners) listener();
    return { signal: typeof signal === "string" ? signal : null, died, stderr };
  });

  async function hear<K extends Answer["kind"]>(kind: K): Promise<Extract<Answer, { kind: K }>> {
    const is = (answer: Answer): answer is Extract<Answer, { kind: K }> => answer.kind === kind;
    for (;;) {
      const place = heard.findIndex(is);
      const [answer] = place < 0 ? [] : heard.splice(place, 1);
      if (answer && is(answer)) return answer;
      if (!alive.has(child)) throw new Error(`the bridge ended before it said "${kind}": ${stderr}`);
      await new Promise<void>((resolve) => {
        const listener = () => {
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      });
    }
  }

  const ready = hear("ready").then(({ url }) => url);
  ready.catch(() => undefined); // whoever waits for it hears of it
  return {
    ready,
    ended,
    ask(ask, kind) {
      child.stdin.write(`${JSON.stringify(ask)}\n`);
      return hear(kind);
    },
    kill: () => void child.kill("SIGKILL"),
    async stop() {
      child.stdin.write(`${JSON.stringify({ kind: "stop" } satisfies Ask)}\n`);
      const stuck = setTimeout(() => child.kill("SIGKILL"), 8_000);
      await ended;
      clearTimeout(stuck);
    },
  };
}

/** For the end of the tests, however they ended. */
export function killAll(): void {
  isOver = true;
  for (const child of alive) child.kill("SIGKILL");
}
