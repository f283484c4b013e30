/** The short id of the bot. */
export const bot = "bot";

/** A file as it was uploaded. */
export interface FileRef {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly description: string | undefined;
}

/** Whom a message calls: people by their short ids, roles by their ids. */
export interface Calls {
  readonly people: readonly string[];
  readonly roles: readonly string[];
  readonly everyone: boolean;
}

const nobody: Calls = { people: [], roles: [], everyone: false };

/** Kinds of messages (docs: message types). */
export const messageTypes = { default: 0, renamed: 4, threadCreated: 18, reply: 19, command: 20, starter: 21, contextCommand: 23 } as const;

export const flags = { suppressEmbeds: 4, hasThread: 32, ephemeral: 64, loading: 128, silent: 4096, componentsV2: 32768 } as const;

export interface Message {
  readonly id: string;
  /** The id of the channel, thread or direct channel. */
  readonly channel: string;
  /** A person's short id, or `bot`. */
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly type: number;
  text: string;
  embeds: readonly unknown[];
  components: readonly unknown[];
  files: readonly FileRef[];
  flags: number;
  /** Whom it highlights, after `allowed_mentions`; an edit can change it. */
  calls: Calls;
  /** Who was notified by a mention when it was posted: short ids, `@everyone` or `@<role name>`. Edits notify nobody. */
  readonly pings: readonly string[];
  readonly nonce: string | number | undefined;
  readonly replyTo: string | undefined;
  /** Of somebody who is no user: the webhook's name. */
  readonly webhook: string | undefined;
  /** An ephemeral message: the one person who sees it. */
  readonly onlyFor: string | undefined;
  /** The interaction that it answers. */
  readonly interaction: string | undefined;
  /** Each as `<short id> <emoji>`. */
  readonly reactions: Set<string>;
  edits: number;
  editedAt: number | undefined;
  deleted: boolean;
}

export type NewMessage = Pick<Message, "id" | "channel" | "user" | "at"> & Partial<Message>;

export function toMessage(given: NewMessage): Message {
  return {
    type: messageTypes.default,
    text: "",
    embeds: [],
    components: [],
    files: [],
    flags: 0,
    calls: nobody,
    pings: [],
    nonce: undefined,
    replyTo: undefined,
    webhook: undefined,
    onlyFor: undefined,
    interaction: undefined,
    reactions: new Set(),
    edits: 0,
    editedAt: undefined,
    deleted: false,
    ...given,
  };
}
