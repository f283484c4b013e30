/** An attachment as activities carry it: a card, a file, or the HTML copy of a text. */
export interface Attachment {
  readonly contentType: string;
  readonly content?: unknown;
  readonly contentUrl?: string | undefined;
  readonly name?: string | undefined;
}

export interface FileFact {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
}

export type Entity = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A message that is, or was, written bit by bit. Only an `open` one takes more. */
export interface Stream {
  state: "open" | "final" | "expired" | "stoppedByUser";
  readonly startedAt: number;
  /** Of the last chunk that counted. */
  sequence: number;
  at: number;
  /** What stands there is a word about the work, not yet an answer. */
  informative: boolean;
}

export interface Message {
  readonly id: string;
  /** When it was written; milliseconds since 1970. The id tells the order only. */
  readonly at: number;
  /** The id of the conversation, without the thread. */
  readonly conversation: string;
  /** The root's id for a reply in a channel; undefined elsewhere. */
  readonly threadId: string | undefined;
  /** A person's id, or `bot`. */
  readonly user: string;
  text: string;
  attachments: readonly Attachment[];
  entities: readonly Entity[];
  channelData: Readonly<Record<string, unknown>>;
  suggestions: readonly string[];
  edited: boolean;
  deleted: boolean;
  stream: Stream | undefined;
  readonly reactions: Set<string>;
  /** Cards that took the place of the posted one for single persons after they clicked. */
  readonly refreshed: Map<string, unknown>;
  /** A targeted message: the one person who sees it. */
  readonly onlyFor: string | undefined;
  readonly files: readonly FileFact[];
}

/** The user id that stands for the bot. */
export const bot = "bot";

export type NewMessage = Pick<Message, "id" | "at" | "conversation" | "threadId" | "user" | "text"> & Partial<Message>;

export function toMessage(given: NewMessage): Message {
  return {
    attachments: [],
    entities: [],
    channelData: {},
    suggestions: [],
    edited: false,
    deleted: false,
    stream: undefined,
    reactions: new Set(),
    refreshed: new Map(),
    onlyFor: undefined,
    files: [],
    ...given,
  };
}
