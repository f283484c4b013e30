import type { SlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { mention, replies } from "../stage.ts";
import { until } from "../until.ts";

/** A person in one thread, who begins it with a mention and goes on without. */
export interface Chat {
  /** The thread, once it has begun. */
  readonly ts: string;
  /** What the bot has said, without what is still being written. */
  replies(): readonly string[];
  say(text: string): Promise<void>;
  /** Says it, and resolves to the next thing that the bot says. */
  ask(text: string): Promise<string>;
  /** Waits until the bot has said so many things, and resolves to them. */
  heard(count: number): Promise<readonly string[]>;
}

export function createChat(slack: SlackSimulator, where: { readonly channel?: string; readonly user?: string } = {}): Chat {
  const { channel = "C1", user = "UANN" } = where;
  let ts = "";
  const said = () => (ts === "" ? [] : replies(slack, ts, channel));
  const say = async (text: string) => {
    if (ts === "") ts = await mention(slack, text, { channel, user });
    else await slack.say({ channel, user, text, threadTs: ts });
  };
  const heard = async (count: number) => {
    await until(() => said().length >= count, 10_000, `${count} replies, where there are: ${said().join(" | ")}`);
    return said();
  };
  return {
    get ts() {
      return ts;
    },
    replies: said,
    say,
    heard,
    async ask(text) {
      const before = said().length;
      await say(text);
      return (await heard(before + 1))[before] ?? "";
    },
  };
}
