import type { Clock } from "../model/clock.ts";
import type { IncomingEvent } from "../model/message.ts";
import { threadKey } from "../model/thread.ts";

type Message = Extract<IncomingEvent, { kind: "message" }>;
type Change = Extract<IncomingEvent, { kind: "edited" | "deleted" }>;

/** Follow-ups in threads without a conversation, whose mention may still be on its way: a platform repeats it minutes later. */
export interface Early {
  keep(message: Message): void;
  /** Its author has changed one of them, or taken it back. */
  change(event: Change): void;
  /** Those of the thread that were said after this mention, oldest first. They are not kept any longer. */
  takeAfter(mention: Message): readonly Message[];
}

/** Slack repeats an event for the last time after five minutes (docs: Events API, retries). */
const keptMs = 360_000;
const most = 500;

/** In memory alone, few and for minutes: what is not meant for the bot is not stored (promise 7). */
export function createEarly(clock: Clock): Early {
  let kept: readonly { readonly message: Message; readonly until: number }[] = [];
  const fresh = () => kept.filter(({ until }) => until > clock.now());
  return {
    keep(message) {
      kept = [...fresh(), { message, until: clock.now() + keptMs }].slice(-most);
    },
    change(event) {
      kept = fresh().flatMap((one) => {
        if (one.message.id !== event.message) return [one];
        return event.kind === "deleted" ? [] : [{ ...one, message: { ...one.message, text: event.text } }];
      });
    },
    takeAfter(mention) {
      const lane = threadKey(mention.thread);
      const isHere = ({ message }: (typeof kept)[number]) => threadKey(message.thread) === lane;
      const here = fresh().filter(isHere);
      kept = fresh().filter((one) => !isHere(one));
      return here
        .map(({ message }) => message)
        .filter(({ at }) => at > mention.at)
        .toSorted((one, other) => one.at - other.at);
    },
  };
}
