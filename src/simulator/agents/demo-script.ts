import { describeFiles, sendFile } from "./demo-files.ts";
import { bigTable, help, hostile, verses } from "./demo-texts.ts";
import {
  authRequired,
  complete,
  detach,
  drop,
  fail,
  inputRequired,
  message,
  output,
  reject,
  type Script,
  type Step,
  silent,
  wait,
  working,
} from "./steps.ts";
import type { AgentTurn } from "./turn.ts";

type Word = { readonly pattern: RegExp; readonly script: (turn: AgentTurn) => Script };

/** The first pattern that fits decides. Help stands first: it names all the others. */
const words: readonly Word[] = [
  { pattern: /^\W*(help|hi|hello|hey|what can you do)\b/i, script: (turn) => [message(help(turn.agent))] },
  { pattern: /\bstream\b/i, script: stream },
  { pattern: /\b(slow|job)\b/i, script: job },
  { pattern: /\b(ask|question)\b/i, script: ask },
  {
    pattern: /\bfail\b/i,
    script: () => [
      working("Let me try…"),
      fail("I tripped over my own shoelaces. Nothing was done; say it again in other words, or try `help`."),
    ],
  },
  {
    pattern: /\breject\b/i,
    script: () => [reject("That one I must turn down: it is not mine to do. Anything else? `help` shows what is.")],
  },
  { pattern: /^\W*(send )?(me )?(a )?file\b/i, script: sendFile },
  { pattern: /\bsign[ -]?in\b/i, script: signIn },
  { pattern: /\bsilent\b/i, script: () => [silent()] },
  { pattern: /\bcut\b/i, script: cut },
  { pattern: /\blong\b/i, script: () => [working("Writing at length…"), output("answer", bigTable(40_000)), complete()] },
  { pattern: /\bhostile\b/i, script: () => [output("answer", hostile), complete()] },
];

/** How an agent answers what none of its words fits: whole at once, in pieces, or some seconds later by push. */
export type Manner = "atOnce" | "streamed" | "later";

/** A simulated agent for people to play with: the words of the text decide, and `help` tells which. */
export function createDemoScript(manner: Manner): (turn: AgentTurn) => Script {
  const plain = { atOnce: echo, streamed: streamedEcho, later: laterEcho }[manner];
  return (turn) => {
    if (turn.question !== undefined) return answered(turn);
    if (turn.files.length > 0) return describeFiles(turn);
    if (turn.joining) return [working(`Noted while I work: “${quote(turn.text)}”.`), detach()];
    return (words.find((word) => word.pattern.test(turn.text))?.script ?? plain)(turn);
  };
}

/** The plainest of them: whole answers at once. */
export const demoScript = createDemoScript("atOnce");

function echo(turn: AgentTurn): Script {
  return [working(), output("answer", echoOf(turn), { last: true }), complete()];
}

function* streamedEcho(turn: AgentTurn): Generator<Step> {
  yield working();
  yield* inPieces(echoOf(turn).split(/(?<=\s)/));
}

function* laterEcho(turn: AgentTurn): Generator<Step> {
  yield working("Let me think about that for a moment…");
  if (turn.push) yield detach();
  yield wait(4_000);
  yield output("answer", echoOf(turn), { last: true });
  yield complete();
}

function echoOf(turn: AgentTurn): string {
  const said = `> ${turn.text.split("\n").join("\n> ")}`;
  const earlier = turn.before.at(-1);
  const memory =
    earlier === undefined
      ? "This is where our conversation begins."
      : `You said before: “${quote(earlier)}”. I remember; we have spoken ${times(turn.before.length)} here.`;
  return [`You said to **${turn.agent}**:`, said, `${memory} ${asker(turn)}`, "_Say_ `help` _to see what else I can do._"].join("\n\n");
}

/** Who asks, as far as the agent was told. */
function asker({ metadata }: AgentTurn): string {
  const { displayName, userPrincipalName } = metadata;
  const name = typeof displayName === "string" ? displayName : undefined;
  const principal = typeof userPrincipalName === "string" ? userPrincipalName : undefined;
  if (name === undefined && principal === undefined) return "I was not told who you are.";
  return `I was told that you are **${name ?? principal}**${name !== undefined && principal !== undefined ? ` (\`${principal}\`)` : ""}.`;
}

function* stream(): Generator<Step> {
  yield working("Sharpening the pencil…");
  yield* inPieces(verses);
}

/** About four seconds, however many pieces there are. */
function* inPieces(pieces: readonly string[]): Generator<Step> {
  for (const [at, piece] of pieces.entries()) {
    yield output("answer", piece, { append: at > 0, last: at === pieces.length - 1 });
    yield wait(4_000 / pieces.length);
  }
  yield complete();
}

/** `job 20` takes 20 seconds. */
function* job(turn: AgentTurn): Generator<Step> {
  const seconds = Math.min(Number(/\b(\d{1,4})\b/.exec(turn.text)?.[1] ?? 6), 3600);
  yield working(`On it. This takes about ${seconds} seconds; you need not wait here.`);
  if (turn.push) yield detach();
  yield wait(seconds * 1000);
  const answer = `**Your job is done**, after ${seconds} seconds of honest work.\n\n| Step | Result |\n|---|---|\n| Read your order | “${quote(turn.text)}” |\n| Did it | all green |`;
  yield output("answer", answer, { last: true });
  yield complete();
}

function ask(): Script {
  const text = "Gladly. One thing first: **which device is it about**, your laptop or your phone? Press a button, or just answer here.";
  return [working(), inputRequired([{ text }, { data: { choices: ["My laptop", "My phone"] } }])];
}

function answered(turn: AgentTurn): Script {
  const answer = `Thank you. I asked “${quote(turn.question ?? "")}” and you said “**${quote(turn.text)}**”. That is all I needed: it is settled.`;
  return [working("Writing that down…"), output("answer", answer, { last: true }), complete()];
}

function* signIn(): Generator<Step> {
  yield authRequired(
    "Please sign in at https://login.example.com/device with the code **DEMO-1234**. I go on by myself as soon as you have.",
  );
  yield wait(5_000);
  yield output("answer", "You are signed in (I pretended to see it). Here is your secret: the cake is in the kitchen.", { last: true });
  yield complete();
}

/** The connection breaks in the middle; the whole answer is there for whoever asks again. */
function* cut(): Generator<Step> {
  yield working();
  const [first = "", ...rest] = verses;
  yield output("answer", first);
  yield wait(300);
  yield drop();
  for (const piece of rest) yield output("answer", piece, { append: true });
  yield complete();
}

const quote = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text).replaceAll("\n", " ");
const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);
