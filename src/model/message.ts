import type { Json, ThreadRef } from "./thread.ts";

/** Who wrote, as the platform's signed event names them. Nothing here is an identity yet: `Adapter.person` looks that up. */
export interface Author {
  readonly id: string;
  /** The author's home workspace, which is not the thread's for a stranger in a shared channel. */
  readonly workspace: string;
}

/** What a person is to the workspace that installed the bridge. Only a member can have an identity that agents are told. */
export type Standing = "member" | "guest" | "stranger" | "bot" | "deactivated";

/** A person with verified values only; what the platform does not confirm is absent (promise 6). */
export interface Sender extends Author {
  readonly displayName: string;
  readonly standing: Standing;
  /** Present only if the platform calls it confirmed. */
  readonly email?: string;
  /** Present only if a directory says so (Microsoft Entra); never derived here. */
  readonly userPrincipalName?: string;
  readonly directoryId?: string;
}

/** A file that a person attached: facts only; `Adapter.open` brings the bytes. */
export interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** What the adapter needs to open it. */
  readonly source: Json;
}

export type ControlWord = "new" | "stop" | "status" | "help" | "again";

interface EventBase {
  /** Deterministic: the same post has the same id in every delivery and under every event type of the platform. */
  readonly id: string;
  readonly thread: ThreadRef;
  readonly author: Author;
  /** When it was said, by the platform's clock. Milliseconds since 1970. */
  readonly at: number;
  /** Ids of the groups that the author belongs to there, where the platform has such: routes may ask for one. */
  readonly roles?: readonly string[];
}

/** What an adapter makes of a platform event. Text is clean text: no platform mark-up, the bot's own mention removed. */
export type IncomingEvent =
  | (EventBase & {
      readonly kind: "message";
      readonly text: string;
      readonly attachments: readonly Attachment[];
      /** `mention` and `direct` are meant for the bot; `followUp` only where the thread has a conversation. */
      readonly trigger: "mention" | "direct" | "followUp";
      /** The agent that the author chose by name. It counts only where a route leads to it. */
      readonly agent?: string;
    })
  | (EventBase & { readonly kind: "command"; readonly word: ControlWord })
  | (EventBase & { readonly kind: "stop" })
  /** A click under a message of ours, or a form that was sent there. `question` is the delivery; one of `choice` and `text` is there. */
  | (EventBase & { readonly kind: "action"; readonly question: string; readonly choice?: string; readonly text?: string })
  | (EventBase & { readonly kind: "feedback"; readonly delivery: string; readonly value: "up" | "down" })
  /** `message` is the id of the message event that was edited or deleted. */
  | (EventBase & { readonly kind: "edited"; readonly message: string; readonly text: string })
  | (EventBase & { readonly kind: "deleted"; readonly message: string });

/** `refused` carries a word for the author, to be shown to them alone. */
export type Receipt = { readonly kind: "accepted" | "duplicate" | "ignored" } | { readonly kind: "refused"; readonly notice: string };

/** Resolves after the commit, and throws when nothing could be committed (the platform must then send the event again). */
export type Receive = (event: IncomingEvent) => Promise<Receipt>;
