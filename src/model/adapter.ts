import type { HttpRoute } from "./http.ts";
import type { Attachment, Author, IncomingEvent, Receive, Sender } from "./message.ts";
import type { Choice, PostedRef, Reply } from "./reply.ts";
import type { ThreadRef } from "./thread.ts";

/** What the path may count on; nothing outside an adapter asks which platform it is. */
export interface Capabilities {
  /** What keeps a post from appearing twice when its outcome is unknown. */
  readonly posting: "nonce" | "lookup" | "atLeastOnce";
  /** Who confirms who somebody is: a confirmed e-mail address, the organisation's directory, or nobody but the admin of the bridge. */
  readonly identity: "email" | "directory" | "admin";
  /** A file that was posted may be asked for later (`Directory.file`): its person has to allow it first. */
  readonly asksForFiles?: true;
  /** A private word reaches its person also where the thread is gone. */
  readonly reachesPeople?: true;
}

/** A live sign: best effort, never queued. `idle` takes the sign away. `first`: this thread was never shown any before. */
export type Sign = { readonly kind: "working"; readonly text?: string; readonly first?: boolean } | { readonly kind: "idle" };

/** What an admin is told who asks whether a platform is set up as it must be. */
export interface Finding {
  /** What was looked at, in two or three words. */
  readonly what: string;
  /** `unknown`: it cannot be seen from here. */
  readonly state: "good" | "bad" | "unknown";
  /** What was seen, and where it is not good, which key or setting to look at. Never a secret. */
  readonly says: string;
}

/** What an adapter may look up where its platform wants an answer at once: a form, a card, a list of names. It changes nothing, and but for `whoami` calls nobody. */
export interface Directory {
  /** Names of the agents that can be asked in this place; the one that answers by default comes first. */
  agents(thread: ThreadRef): readonly string[];
  /** The question of this delivery; undefined where there is none, or what it said is not kept any more. */
  question(delivery: string): Promise<OpenQuestion | undefined>;
  /** The file that this delivery has brought to this thread; undefined where there is none, or it is not kept any more. */
  file(delivery: string, thread: ThreadRef): Promise<BroughtFile | undefined>;
  /** A word for who may not answer, or cannot any more; undefined: it is worth a try. The last word is had when the answer is worked on. */
  mayAnswer(delivery: string, thread: ThreadRef, author: Author): Promise<string | undefined>;
  /** In Markdown, what the agent of this place is told about a person, or why they are refused. Asks the platform; rejects with a DeliveryError. */
  whoami(thread: ThreadRef, author: Author, signal: AbortSignal): Promise<string>;
}

export interface BroughtFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface OpenQuestion {
  readonly thread: ThreadRef;
  readonly choices: readonly Choice[];
  /** Whether nobody has answered yet. */
  readonly open: boolean;
}

/** One chat platform. Methods stand in the order of a life; each rejects with a DeliveryError, and none retries by itself. */
export interface Adapter {
  readonly platform: string;
  readonly capabilities: Capabilities;
  /** The doors this platform knocks at. They are served from `start` on. */
  readonly routes: readonly HttpRoute[];
  /** Checks the credentials and begins to receive. The signal ends it together with `stop`. */
  start(receive: Receive, directory: Directory, signal: AbortSignal): Promise<void>;
  /** Present where the platform is reached by a connection of ours: whether events can come now. Before `start`: no. */
  connected?(): boolean;
  /** The verified person behind an event. Asks the platform: call it only after the event is committed. */
  person(event: IncomingEvent, signal: AbortSignal): Promise<Sender>;
  sign(thread: ThreadRef, sign: Sign, signal: AbortSignal): Promise<void>;
  /**
   * Cuts a reply into posts that the platform takes, at safe places. Pure: the same reply gives the same posts. Where the platform shows
   * files, each one is a post of its own, with nothing else in it, behind the text.
   */
  split(reply: Reply): readonly Reply[];
  /**
   * One reply of `split` as one message. `deliveryId` marks it on the platform, so that `find` can find it. A file comes with its bytes;
   * `fileRefused` says that this place takes no such file.
   */
  post(thread: ThreadRef, reply: Reply, deliveryId: string, signal: AbortSignal): Promise<PostedRef>;
  /** Puts a reply in the place of a message of ours, a live one included. Repeating it does no harm. */
  edit(posted: PostedRef, reply: Reply, deliveryId: string, signal: AbortSignal): Promise<PostedRef>;
  /** Present where `capabilities.posting` is `lookup`: the message that carries this delivery id. */
  find?(thread: ThreadRef, deliveryId: string, signal: AbortSignal): Promise<PostedRef | undefined>;
  /**
   * Present where a post may take the place of a sign: whether this delivery has taken one. Posted again, it changes that message and makes
   * no second one.
   */
  holds?(thread: ThreadRef, deliveryId: string, signal: AbortSignal): Promise<boolean>;
  /** Present where text can be shown while it is made. `asker` is the person the text is for. */
  live?(thread: ThreadRef, asker: { readonly id: string; readonly workspace: string }, signal: AbortSignal): Promise<LivePost>;
  /**
   * Present where a live message can be found of which nobody heard whether it was opened: the one that `live` has opened in this thread since
   * `since` (milliseconds since 1970) and that no delivery has taken the place of.
   */
  findLive?(
    thread: ThreadRef,
    asker: { readonly id: string; readonly workspace: string },
    since: number,
    signal: AbortSignal,
  ): Promise<PostedRef | undefined>;
  /**
   * The bytes of a file that a person attached, once. Rejects with a DeliveryError whose `explanation` says what is wrong with the file;
   * `fileRefused` where it has more than `maxBytes` or cannot be had for another reason that stays.
   */
  open(attachment: Attachment, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Looks at the platform without a start, and changes nothing there. `publicUrl`: where the bridge is to be reached. Never rejects. */
  check?(publicUrl: string | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  /** Resolves when nothing of this adapter runs any more. */
  stop(): Promise<void>;
}

/**
 * A message that is being written. It is opened empty; the caller commits `posted` before the first text is shown, so that after
 * a kill the final reply can take its place. The end comes by `Adapter.edit`, also when the writing went wrong.
 */
export interface LivePost {
  readonly posted: PostedRef;
  /** The whole text so far. Returns at once, shows the newest text at the platform's pace, and never throws. */
  show(text: string): void;
  /** No more writing; resolves when nothing is under way. The message stays as it is. */
  close(): Promise<void>;
}
