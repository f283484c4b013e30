import type { Workspace } from "./workspace.ts";

export type SessionStatus = "active" | "processing" | "suspended" | "closed";

/** What a thread shows under its messages: the app's "is thinking..." and the state of its agent session. */
export interface ThreadStatus {
  /** Empty when nothing is shown. */
  readonly text: string;
  readonly session: SessionStatus | undefined;
  /** When the text goes away by itself; milliseconds since 1970. */
  readonly until: number | undefined;
  /** Every change so far, oldest first. */
  readonly history: readonly { readonly at: number; readonly text: string; readonly session: SessionStatus | undefined }[];
}

/** Statuses of threads. Slack takes an assistant status away after two minutes, or when the app posts (docs: assistant.threads.setStatus). */
export interface Sessions {
  setText(channel: string, threadTs: string, text: string): void;
  setSession(channel: string, threadTs: string, session: SessionStatus): void;
  look(channel: string, threadTs: string): ThreadStatus;
}

const textLifeMs = 120_000;

export function createSessions(workspace: Workspace): Sessions {
  const threads = new Map<string, ThreadStatus>();

  function look(channel: string, threadTs: string): ThreadStatus {
    const known = threads.get(`${channel} ${threadTs}`) ?? { text: "", session: undefined, until: undefined, history: [] };
    if (known.until === undefined || workspace.clock.now() < known.until) return known;
    return change(channel, threadTs, known, { text: "", session: known.session, until: undefined }, known.until);
  }

  function change(channel: string, threadTs: string, old: ThreadStatus, now: Omit<ThreadStatus, "history">, at: number): ThreadStatus {
    const next = { ...now, history: [...old.history, { at, text: now.text, session: now.session }] };
    threads.set(`${channel} ${threadTs}`, next);
    return next;
  }

  return {
    setText(channel, threadTs, text) {
      const old = look(channel, threadTs);
      if (text === "" && old.text === "") return;
      const at = workspace.clock.now();
      change(channel, threadTs, old, { text, session: old.session, until: text === "" ? undefined : at + textLifeMs }, at);
      workspace.changed();
    },
    setSession(channel, threadTs, session) {
      const old = look(channel, threadTs);
      change(channel, threadTs, old, { ...old, session }, workspace.clock.now());
      workspace.changed();
    },
    look,
  };
}
