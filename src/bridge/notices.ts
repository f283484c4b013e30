import type { Capabilities } from "../model/adapter.ts";
import type { ReplyPart } from "../model/reply.ts";
import type { Outcome } from "./rows.ts";

/** The bridge's own words. Short, calm, with the way out, and with a reference wherever something went wrong. */

const ref = (reference: string) => `Reference \`${reference}\`.`;

export const needsInput = "The agent needs more from you to go on. Answer here in this thread.";
export const needsSignIn = "The agent needs you to sign in before it can go on.";
export const noAnswer = (reference: string) => `The agent finished without an answer. ${ref(reference)}`;

export const cut = "_The answer is too long to be shown here; the rest of it was left out._";

/** What was shown of an answer that came with that of a later message. */
export const below = "_The answer stands below._";

export function late(parts: readonly ReplyPart[]): readonly ReplyPart[] {
  return [{ kind: "text", text: "**Late answer**\n\n" }, ...parts];
}

export function ended(outcome: "failed" | "rejected" | "canceled", words: string, reference: string): string {
  const said = words.trim() === "" ? "" : `\n\n> ${words.trim().slice(0, 1_500).replaceAll("\n", "\n> ")}`;
  if (outcome === "canceled") return `Stopped: the agent ended the task. ${ref(reference)}${said}`;
  if (outcome === "rejected") return `The agent declined the request. ${ref(reference)}${said}`;
  return `The agent could not finish. ${ref(reference)}${said}`;
}

export function gaveUp(
  outcome: Extract<Outcome, "expired" | "unreachable" | "refused" | "lost" | "stopped" | "empty">,
  reference: string,
  explanation?: string,
): string {
  const why = explanation === undefined ? "" : ` ${explanation}`;
  switch (outcome) {
    case "expired":
      return `No answer came in time. If the agent still answers, it will be posted here. ${ref(reference)}`;
    case "unreachable":
      return `The agent cannot be reached right now. Your message was not delivered to it; say \`again\` in a while, and it is sent once more.${why} ${ref(reference)}`;
    case "refused":
      return `The agent did not accept the message.${why} ${ref(reference)}`;
    case "lost":
      return `The connection to the agent broke, and there is no way to ask it what became of your message. If it matters, say \`again\`, and it is asked once more.${why} ${ref(reference)}`;
    case "empty":
      return `Nothing was passed on to the agent. ${ref(reference)}\n${explanation ?? ""}`;
    case "stopped":
      return `Stopped. ${ref(reference)}`;
  }
}

export const takesTime = (reference: string) =>
  `The agent is working on it. The answer will be posted here; \`status\` tells how it stands, \`stop\` ends it. ${ref(reference)}`;
export const waits = "Your message waits until the current answer is complete. `stop` ends that one.";
export const joins = "Passed on to the running request.";
export const busy = "The agent is still working on the last message. Please wait for its answer, or say `stop`.";
export const noAgent = (reference: string) => `No agent is set up for this place. An admin can add a route for it. ${ref(reference)}`;
export const fileNotShown = (name: string, why: string) => `\`${name}\` is not shown: ${why}.`;

/** What stands in the place of a file. The address of an agent is shown as it is, so that nobody is led elsewhere than they read. */
export function fileInstead(
  { name, url }: { readonly name: string; readonly url?: string },
  why: string,
  link: string | undefined,
  hours: number,
): string {
  const word = `\`${name}\` cannot be shown here: ${why}.`;
  if (link !== undefined) return `${word} It can be fetched for ${hours === 1 ? "an hour" : `${hours} hours`}: ${link}`;
  return url === undefined
    ? word
    : `${word} The agent offers it at ${/^https?:\/\/[^\s<>|"`\\]+$/i.test(url) ? url : "an address that is none"}`;
}

/** One line a file. Names are plain names already (`file-rules.ts`). */
export const leftFiles = (left: readonly { readonly name: string; readonly why: string }[]) =>
  left.map(({ name, why }) => `- \`${name}\`: ${why}`).join("\n");
export const notChosen = (agent: string) =>
  `There is no agent \`${agent.replace(/[`\s]+/g, " ").slice(0, 60)}\` for you here. Leave the agent out, or choose one of those that are offered.`;
export const notYourRole = "The agent of this place is for certain roles only, and you have none of them. An admin can give you one.";
export const notYours =
  "This conversation is its owner's: the agent answers them with what only they may see. Please start a thread of your own.";
export const external = "This bot answers people of its own organisation only.";
export const deactivated = "Your account is deactivated, so nothing was passed on.";
/** `source`: who confirms identities on this platform. `account`: what an admin writes down to vouch for it. */
export function unproven(source: Capabilities["identity"], account: string, reference: string): string {
  const ways = {
    email: "It takes a confirmed e-mail address of your organisation, or an admin who vouches for your account here",
    directory: "Your organisation's directory did not name you, so an admin has to vouch for your account here",
    admin: "This chat confirms nobody's identity, so an admin has to vouch for your account here",
  } as const;
  return `This agent needs to know for certain who you are, and your identity could not be verified. ${ways[source]}: give them \`${account}\` for the bridge's list of identities. Nothing was passed on. ${ref(reference)}`;
}
export const unprovenOutsider = (reference: string) =>
  `This agent needs to know for certain who you are, and your identity could not be verified: it answers members of the organisation only. Nothing was passed on. ${ref(reference)}`;
export const told = (agent: string, fields: readonly (readonly [string, string])[]) =>
  fields.length === 0
    ? `**${agent}** is told nothing about you.`
    : `**${agent}** is told this about you:\n${fields.map(([name, value]) => `- ${name}: \`${value.replaceAll("`", "'")}\``).join("\n")}`;
export const toldNobody = "No agent is set up for this place, so nobody is told anything about you.";
export const unknownPerson = (reference: string) =>
  `It could not be found out who you are, so nothing was passed on. Please try again later. ${ref(reference)}`;
export const changedPerson =
  "Your identity has changed since this conversation began, so it starts afresh: the agent does not remember what was said before.";
export const questionGone = "There is nothing to answer here any more.";
export const questionOver = "This question is over: the conversation has moved on since. Just write what you want to say.";
export const questionAnswered = "This has been answered already; the message shows by whom and how.";
export const questionNotYours = "This question is for somebody else in this thread to answer.";
export const askedAgainMeanwhile = "The agent has answered meanwhile, so it was not asked again.";

/** Under a question that was answered: everybody sees how, and by whom. */
export const chosen = (label: string, by: string) => `**${label}**, chosen by ${by}`;
export const answeredBelow = (by: string) => `_Answered by ${by} below._`;
export const answeredBy = (by: string, words: string) => `Answered by ${by}:\n\n> ${words.replaceAll("\n", "\n> ")}`;

export const undelivered = (reference: string) => `An answer could not be shown here. ${ref(reference)}`;
export const placeGone = (reference: string) =>
  `The answer to your message could not be shown: its thread is closed or gone, or the app may not write there any more. ${ref(reference)}`;
export const broken = (reference: string) =>
  `Something went wrong in the bridge, and this message was set aside for an admin. ${ref(reference)}`;
export const tooLarge = (reference: string) => `The agent sent an answer that is too large to be taken. ${ref(reference)}`;

export const nothingLost = "There is no lost question of yours here that could be asked again.";
export const nothingRuns = "Nothing is running here.";
export const stopping = "Stopping…";
export const fresh = "A new conversation begins: the agent does not remember what was said before.";
export const help = [
  "Talk to the agent by mentioning this bot or by a direct message; in a thread it remembers what was said. One word alone is for the bridge:",
  "- `status`: what is running here",
  "- `stop`: end it",
  "- `new`: begin a new conversation",
  "- `again`: ask your last question once more, where it was lost on the way to the agent",
  "- `help`: this text",
].join("\n");

export interface Running {
  readonly agent: string;
  readonly sinceMs: number | undefined;
  readonly reference: string;
  readonly waits: boolean;
}

export function status(agent: string | undefined, running: readonly Running[]): string {
  if (running.length === 0)
    return agent === undefined ? "Nothing is running here." : `Nothing is running here. This thread talks to **${agent}**.`;
  const lines = running.map((turn) =>
    turn.sinceMs === undefined
      ? `- a message for **${turn.agent}** waits (\`${turn.reference}\`)`
      : `- **${turn.agent}** has been working for ${duration(turn.sinceMs)}${turn.waits ? ", the answer will come by itself" : ""} (\`${turn.reference}\`)`,
  );
  return ["Here is what is going on:", ...lines].join("\n");
}

function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
