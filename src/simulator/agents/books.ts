import type { IncomingHttpHeaders } from "node:http";
import type { SentFile } from "./sent-files.ts";
import type { Metadata, Sent } from "./wire.ts";

/** A message as it arrived. */
interface Received {
  /** Empty on wires that have none. */
  readonly messageId: string;
  readonly contextId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly text: string;
  readonly files: readonly SentFile[];
  readonly metadata: { readonly message: Metadata; readonly request: Metadata };
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds since 1970, by the agent's clock. */
  readonly at: number;
  readonly referenceTaskIds: readonly string[];
  readonly pushUrl?: string | undefined;
  readonly pushToken?: string | undefined;
  readonly operation: "send" | "stream";
  /** Whether the agent began to work on it. False where it was refused, whoever refused it. */
  readonly taken: boolean;
}

/** Any request that reached the agent, sends included; `operation` is the JSON-RPC method or the HTTP path. */
interface Call {
  readonly operation: string;
  readonly at: number;
}

export interface Books {
  readonly received: readonly Received[];
  readonly calls: readonly Call[];
  readonly violations: readonly string[];
  /** How often the agent took each message; a message that it refused counts 0. */
  countByMessageId(): Map<string, number>;
  /** The same by what was said, for wires whose messages have no id. */
  countByText(): Map<string, number>;
  call(operation: string, at: number): void;
  receive(sent: Sent, head: { readonly headers: IncomingHttpHeaders; readonly operation: "send" | "stream"; readonly at: number }): Entry;
  violation(what: string): void;
}

/** The line of one message in the books. */
export interface Entry {
  readonly messageId: string;
  /** The agent works on it now. A message that it has had before is a violation. */
  taken(): void;
  /** It was handed back after all: answered with an HTTP error instead of a task. */
  refused(): void;
}

export function createBooks(): Books {
  const received: Received[] = [];
  const calls: Call[] = [];
  const violations: string[] = [];
  const counts = new Map<string, number>();
  const texts = new Map<string, number>();
  const count = ({ messageId, text }: Sent, change: number) => {
    if (messageId !== "") counts.set(messageId, (counts.get(messageId) ?? 0) + change);
    texts.set(text, (texts.get(text) ?? 0) + change);
  };
  return {
    received,
    calls,
    violations,
    countByMessageId: () => new Map(counts),
    countByText: () => new Map(texts),
    call: (operation, at) => void calls.push({ operation, at }),
    violation: (what) => void violations.push(what),
    receive(sent, head) {
      const { push, ...rest } = sent;
      const place = received.push({ ...rest, ...head, pushUrl: push?.url, pushToken: push?.token, taken: false }) - 1;
      count(sent, 0);
      const mark = (taken: boolean) => {
        const line = received[place];
        if (line && line.taken !== taken) {
          received[place] = { ...line, taken };
          count(sent, taken ? 1 : -1);
        }
      };
      return {
        messageId: sent.messageId,
        taken() {
          if ((counts.get(sent.messageId) ?? 0) > 0) violations.push(`message ${sent.messageId} was sent again`);
          mark(true);
        },
        refused: () => mark(false),
      };
    },
  };
}
