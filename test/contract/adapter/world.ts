import type { Adapter, Directory } from "../../../src/model/adapter.ts";
import type { IncomingEvent, Receipt } from "../../../src/model/message.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";

/** What people see of one message. */
interface Seen {
  readonly message: string;
  readonly text: string;
  /** Whom it calls; nobody, if all is well. */
  readonly calls: readonly string[];
  /** What stands on its buttons; feedback is not among them. */
  readonly buttons: readonly string[];
}

/** A directory that knows nothing. */
export const emptyDirectory: Directory = {
  agents: () => [],
  question: async () => undefined,
  file: async () => undefined,
  mayAnswer: async () => undefined,
  whoami: async () => "",
};

/** How the platform took note of an event that it sent. */
export interface Sent {
  /** The answers to each attempt. */
  readonly statuses: readonly number[];
  readonly acknowledged: boolean;
}

/** What goes wrong with the next post. After `lost` it stands there although the caller never hears of it. */
export type PostFault = "rateLimited" | "lost" | "refused" | "channelGone";

/** One started adapter in a simulated workspace: how the contract suite makes people act and looks at what they see. */
export interface AdapterWorld {
  readonly adapter: Adapter;
  /** What `receive` was given so far. */
  readonly received: readonly IncomingEvent[];
  /** What `receive` does from now on. */
  onReceive(next: (event: IncomingEvent) => Promise<Receipt>): void;
  /** A person mentions the bot in a new thread. `disturb` sends every event of it again, or turns their order round. */
  mention(text: string, disturb?: "repeated" | "reordered"): Promise<Sent>;
  /** A person answers in the thread of this event, without a mention. */
  followUp(thread: ThreadRef, text: string): Promise<Sent>;
  /** A person writes to the bot alone. */
  direct(text: string): Promise<Sent>;
  /** Another person than the one who mentions presses the button with these words on it. Sent once, and not again. */
  press(thread: ThreadRef, message: string, label: string): Promise<Sent>;
  /** People talk among themselves, other bots and the bot itself speak, somebody joins. */
  chatter(): Promise<void>;
  /** Sends what the platform did not get acknowledged again, until it is. */
  redeliver(): Promise<Sent>;
  /** The bot's messages in a thread. */
  seen(thread: ThreadRef): readonly Seen[];
  /** How many messages of the bot there are anywhere. */
  countAll(): number;
  /** Words that were shown to one person only. */
  whispers(): readonly string[];
  /** The same thread with every kind of address that must not be posted to. */
  brokenAddresses(thread: ThreadRef): readonly ThreadRef[];
  failNextPost(fault: PostFault): void;
  /** A text with everything that calls people on this platform. */
  readonly callsToPeople: string;
  /** The longest text that one message may hold. */
  readonly postLimit: number;
  stop(): Promise<void>;
}
