/**
 * What the demo page knows of a chat platform: rooms, messages, threads, and what people do there. Each simulator has one file that
 * gives it this view (`slack.ts`, `teams.ts`); the page itself asks nowhere which platform it shows, but for its colours (`looks.css`).
 */
export interface Platform {
  /** As the bridge names it, such as `slack`; it stands in the page's address. */
  readonly id: string;
  /** For people, such as `Slack`. */
  readonly name: string;
  /** The workspace, tenant or server. */
  readonly home: string;
  /** How events reach the bridge, in a few words. */
  readonly transport: string;
  /** Who is mentioned. */
  readonly app: { readonly id: string; readonly name: string };
  /** People to speak as; the first one speaks until another is chosen. Somebody who is on several platforms has one name everywhere. */
  people(): readonly Person[];
  /** What this person sees in the list of rooms, in its order. */
  rooms(user: string): readonly Room[];
  /** What stands in the room itself: the roots where there are threads, everything where there are none. Oldest first. */
  room(room: string, user: string): Shown;
  /** Root and replies; undefined where there is no such thread. */
  thread(room: string, thread: string, user: string): Shown | undefined;
  /** The ledger's key of the conversation (`threadKey` of src/model/thread.ts); undefined where no conversation can be. */
  lane(room: string, thread: string | undefined): string | undefined;
  /** A window that the platform has opened for this person, such as a modal. */
  dialog?(user: string): Dialog | undefined;
  /** Does what a person asks for. Throws, in words for the person, when they could not do it there either. */
  act(act: PlatformAct, trouble: (words: string) => void): Promise<Done>;
  file(id: string): StoredFile | undefined;
  /** Calls back after each change; returns the way to stop it. */
  onChange(callback: () => void): () => void;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  /** What they are here, such as `member` or `guest`. */
  readonly standing: string;
}

export interface Room {
  readonly id: string;
  readonly name: string;
  readonly kind: "channel" | "private" | "direct" | "group" | "forum";
  /** The heading that it stands under. */
  readonly section: string;
  /** Whether a message opens a thread of its own; otherwise the room is one conversation. */
  readonly threads: boolean;
  /** When the app must be mentioned to hear a person: to begin a conversation, for every word, or never. */
  readonly mention: "first" | "always" | "never";
  /** When the newest message of somebody else came, in threads as well; 0 where there is none. Milliseconds since 1970. */
  readonly newest: number;
  readonly hint: Hint | undefined;
}

/** What is special in a room, and words that show it. */
export interface Hint {
  /** One line of Markdown. */
  readonly hint: string;
  readonly tries: readonly string[];
}

/** A room's contents, or a thread's. */
export interface Shown {
  readonly messages: readonly Message[];
  /** What the app is doing, such as `is thinking…`; empty when nothing is going on. */
  readonly status: string;
  /** Whether a stop button is shown. */
  readonly stop: boolean;
}

export interface Message {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly author: { readonly id: string; readonly name: string; readonly app: boolean };
  /** Markdown; a mention is `<@id>`. Untrusted: it is drawn as text nodes only. */
  readonly text: string;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** More is being written. */
  readonly streaming: boolean;
  /** Only the person who looks sees it. */
  readonly private: boolean;
  /** The person who looks may edit and delete it. */
  readonly mine: boolean;
  /** Small words beside the name, such as `AI generated`. */
  readonly tags: readonly string[];
  /** Steps of the work, with how far each is. */
  readonly steps: readonly { readonly title: string; readonly state: string }[];
  readonly sources: readonly { readonly label: string; readonly url: string | undefined }[];
  readonly files: readonly FileView[];
  /** What can be filled in before a button is pressed. */
  readonly fields: readonly Field[];
  readonly buttons: readonly Button[];
  readonly reactions: readonly string[];
  /** Of a root in a room with threads. */
  readonly replies: number;
  /** When the newest reply of somebody else came; 0 where there is none. */
  readonly newestReply: number;
  /** The app is at work in the thread of this root. */
  readonly working: boolean;
}

export interface FileView {
  /** For `Platform.file`; empty where there is nothing to fetch. */
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  /** Bytes; undefined where it is not known. */
  readonly size: number | undefined;
}

export interface Button {
  /** Names it within its message; opaque to the page. */
  readonly id: string;
  readonly label: string;
  /** `up` and `down` are feedback. A `link` leads to `url`. */
  readonly kind: "plain" | "primary" | "danger" | "up" | "down" | "link";
  readonly url?: string;
  /** It was pressed and stays so. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}

export interface Field {
  readonly id: string;
  readonly label: string;
  readonly kind: "text" | "long" | "choice";
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly required?: boolean;
}

export interface Dialog {
  readonly id: string;
  readonly title: string;
  readonly fields: readonly Field[];
  readonly submit: string;
}

export interface StoredFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a person does. Texts are as typed, with mentions as `@Name`. */
export type PlatformAct =
  | {
      readonly kind: "say";
      readonly room: string;
      readonly user: string;
      readonly text: string;
      readonly thread: string | undefined;
      readonly files: readonly StoredFile[];
    }
  | { readonly kind: "edit"; readonly room: string; readonly user: string; readonly message: string; readonly text: string }
  | { readonly kind: "remove"; readonly room: string; readonly user: string; readonly message: string }
  | {
      readonly kind: "click";
      readonly room: string;
      readonly user: string;
      readonly message: string;
      readonly button: string;
      readonly inputs: Readonly<Record<string, string>>;
    }
  | { readonly kind: "stop"; readonly room: string; readonly user: string; readonly thread: string | undefined }
  /** Sends a dialog, or closes it without `inputs`. */
  | {
      readonly kind: "submit";
      readonly user: string;
      readonly dialog: string;
      readonly inputs: Readonly<Record<string, string>> | undefined;
    };

/** `message`: what was said now stands there under this id; in a room with threads, a root's id names its thread. */
export interface Done {
  readonly message?: string;
}

/** A message with everything that most of them lack. */
export function toMessage(given: Pick<Message, "id" | "at" | "author" | "text"> & Partial<Message>): Message {
  return {
    edited: false,
    deleted: false,
    streaming: false,
    private: false,
    mine: false,
    tags: [],
    steps: [],
    sources: [],
    files: [],
    fields: [],
    buttons: [],
    reactions: [],
    replies: 0,
    newestReply: 0,
    working: false,
    ...given,
  };
}
