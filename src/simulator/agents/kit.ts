import type { Express } from "express";
import { type Clock, systemClock } from "../../model/clock.ts";
import { type Books, createBooks } from "./books.ts";
import { createFaultBook, type FaultBook, type Faults } from "./faults.ts";
import { createGate, type Gate } from "./gate.ts";
import { listen } from "./listener.ts";
import { answerIn } from "./live-task.ts";
import type { VendorScriptFor } from "./play.ts";
import type { SimulatedTask } from "./tasks.ts";
import { Memory } from "./turn.ts";
import { createWorkroom, type Workroom } from "./workroom.ts";

/** What every agent with a hand-written wire takes. */
export interface VendorOptions {
  readonly name?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** What the agent does for a message. Without it, words of the text decide, which is for people to play with. */
  readonly script?: VendorScriptFor;
  readonly clock?: Clock;
}

/** What every agent with a hand-written wire has: exact books about its caller, and switches for tests. */
export interface VendorAgent
  extends Pick<Books, "received" | "calls" | "violations" | "countByMessageId" | "countByText">,
    Pick<Gate, "hold" | "release" | "waiting">,
    Faults {
  readonly name: string;
  readonly port: number;
  /** Origin. Without a slash at the end. */
  readonly url: string;
  readonly cardUrl: string;
  /** Where messages go. */
  readonly endpoint: string;
  /** Oldest first. */
  tasks(): readonly SimulatedTask[];
  /** Cuts every connection; the port refuses. Tasks go on. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Resolves when nothing of this agent runs any more. */
  stop(): Promise<void>;
}

/** The parts of such an agent. */
export interface Kit {
  readonly name: string;
  readonly clock: Clock;
  readonly books: Books;
  readonly gate: Gate;
  readonly faults: FaultBook;
  readonly memory: Memory;
  readonly room: Workroom;
}

export function createKit(options: VendorOptions, defaults: { readonly name: string; readonly script: VendorScriptFor }): Kit {
  const clock = options.clock ?? systemClock;
  const [books, gate] = [createBooks(), createGate()];
  const room = createWorkroom({ script: options.script ?? defaults.script, gate, clock, books });
  return { name: options.name ?? defaults.name, clock, books, gate, faults: createFaultBook(), memory: new Memory(), room };
}

/** Opens the doors. `app` may ask for the URL once somebody calls. Paths begin with a slash. */
export async function openDoors(
  kit: Kit,
  doors: {
    readonly app: (url: () => string) => Express;
    readonly port: number | undefined;
    readonly card: string;
    readonly endpoint: string;
  },
): Promise<VendorAgent> {
  const listener = await listen(
    doors.app(() => listener.url),
    doors.port ?? 0,
  );
  const { received, calls, violations, countByMessageId, countByText } = kit.books;
  return {
    name: kit.name,
    port: listener.port,
    url: listener.url,
    cardUrl: `${listener.url}${doors.card}`,
    endpoint: `${listener.url}${doors.endpoint}`,
    ...{ received, calls, violations, countByMessageId, countByText },
    tasks: () => kit.room.tasks().map((task) => ({ id: task.id, contextId: task.contextId, state: task.state, answer: answerIn(task) })),
    hold: kit.gate.hold,
    release: kit.gate.release,
    get waiting() {
      return kit.gate.waiting;
    },
    failNext: kit.faults.failNext,
    failOn: kit.faults.failOn,
    kill: () => listener.kill(),
    revive: () => listener.revive(),
    async stop() {
      // The door first: a call that is open must see a cut, not the last words of a turn that was ended.
      await listener.kill();
      await kit.room.stop();
    },
  };
}
