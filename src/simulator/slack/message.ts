export type Block = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface Metadata {
  readonly event_type: string;
  readonly event_payload: Readonly<Record<string, unknown>>;
}

export interface FileFact {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
}

/** A message that is, or was, written bit by bit. Only an `open` one takes more. */
export interface Stream {
  state: "open" | "stopped" | "expired" | "stoppedByUser";
  readonly startedAt: number;
  readonly tasks: Map<string, { title: string; status: string }>;
}

export interface Message {
  readonly ts: string;
  readonly channel: string;
  /** The root's `ts` for a reply; undefined for a root. */
  readonly threadTs: string | undefined;
  readonly user: string;
  readonly clientId: string | undefined;
  text: string;
  /** Text given as Markdown (`markdown_text`), streamed or at once; it is what people see when there is any. */
  markdown: string | undefined;
  blocks: readonly Block[];
  metadata: Metadata | undefined;
  readonly files: readonly FileFact[];
  edited: { readonly user: string; readonly ts: string } | undefined;
  stream: Stream | undefined;
  /** A deleted root that still has replies. */
  tombstone: boolean;
  readonly reactions: Set<string>;
}

/** Shown to one person; it is in no history. */
export interface PrivateMessage {
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly user: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

export type NewMessage = Pick<Message, "channel" | "threadTs" | "user" | "text"> & Partial<Message>;
