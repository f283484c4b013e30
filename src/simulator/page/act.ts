import { z } from "zod";
import type { Act as Done } from "../slack/acts.ts";
import type { SlackSimulator } from "../slack/simulator.ts";

const id = z.string().min(1).max(100);

/** What a person at the page can do. */
export const actSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("say"), channel: id, user: id, text: z.string().trim().min(1).max(40_000), threadTs: id.optional() }),
  z.strictObject({ kind: z.literal("edit"), channel: id, ts: id, text: z.string().trim().min(1).max(40_000) }),
  z.strictObject({ kind: z.literal("remove"), channel: id, ts: id }),
  z.strictObject({ kind: z.literal("click"), channel: id, user: id, ts: id, actionId: id, value: z.string().optional() }),
  z.strictObject({ kind: z.literal("stop"), channel: id, user: id, threadTs: id }),
]);

export type PageAct = z.infer<typeof actSchema>;

/** Does it. `trouble` hears later when the bridge did not take the event. Throws when a person could not do this. */
export async function perform(
  simulator: SlackSimulator,
  act: PageAct,
  trouble: (words: string) => void,
): Promise<{ readonly ts?: string }> {
  switch (act.kind) {
    case "say":
      return act.text.startsWith("/") ? command(simulator, act, trouble) : say(simulator, act, trouble);
    case "edit":
      watch(await simulator.edit(act.channel, act.ts, toSlackText(simulator, act.text)), trouble);
      return {};
    case "remove":
      watch(await simulator.remove(act.channel, act.ts), trouble);
      return {};
    case "click":
      return interacted(await simulator.click(withoutUndefined(act)), trouble);
    case "stop":
      watch(await simulator.pressStop(act.channel, act.threadTs, act.user), trouble);
      return {};
  }
}

async function say(simulator: SlackSimulator, act: Extract<PageAct, { kind: "say" }>, trouble: (words: string) => void) {
  const { channel, user, threadTs } = act;
  const text = toSlackText(simulator, act.text);
  const said = await simulator.say({ channel, user, text, ...(threadTs !== undefined && { threadTs }) });
  watch(said, trouble);
  return { ts: said.ts };
}

async function command(simulator: SlackSimulator, act: Extract<PageAct, { kind: "say" }>, trouble: (words: string) => void) {
  return interacted(await simulator.command(act.text, { channel: act.channel, user: act.user }), trouble);
}

function withoutUndefined(act: Extract<PageAct, { kind: "click" }>) {
  const { channel, user, ts, actionId, value } = act;
  return { channel, user, ts, actionId, ...(value !== undefined && { value }) };
}

function interacted(answer: { readonly status: number }, trouble: (words: string) => void): Record<string, never> {
  if (answer.status < 200 || answer.status > 299) trouble(`The bridge did not answer this (${answer.status || "no connection"}).`);
  return {};
}

/** As Slack stores what people type: entities escaped, a mention by id. */
function toSlackText(simulator: Pick<SlackSimulator, "workspace">, typed: string): string {
  const escaped = typed.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const people = [...simulator.workspace.people.values()].toSorted((a, b) => b.name.length - a.name.length);
  return people.reduce((text, person) => text.replaceAll(`@${person.name}`, `<@${person.id}>`), escaped);
}

function watch(done: Done, trouble: (words: string) => void): void {
  void done.delivered.then((events) => {
    const lost = events.filter(({ statuses }) => !statuses.some((status) => status >= 200 && status < 300));
    if (lost.length > 0) trouble("The bridge did not take this. Is it running?");
  });
}
