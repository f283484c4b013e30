import type { SparkTurn } from "./spark-conversations.ts";
import type { SparkReply } from "./spark-reply.ts";

/** What the Spark-like agent says when nobody scripts it: a helpdesk for laptops that knows who asks. */
export function sparkWords(turn: SparkTurn): SparkReply {
  const text = turn.text.toLowerCase();
  if (/\bsilent\b/.test(text)) return undefined;
  if (/^\W*(help|hi|hello|hey)\b/.test(text)) return { text: help(turn), delayMs: 800 };
  if (/^\W*slow\W*$/.test(text)) return { text: "That took a while, but your laptop has passed **every check** I know.", delayMs: 15_000 };
  if (/\bfail\b/.test(text)) return { text: "I could not reach your device. Is it switched on?", state: "failed", delayMs: 1_500 };
  if (/\b(ask|question)\b/.test(text)) return { text: "Which application is it about?", state: "input-required", delayMs: 1_500 };
  if (/\b(thanks|thank you)\b/.test(text)) return { text: "You are welcome!", delayMs: 800 };
  return { text: diagnosis(turn), delayMs: 2_500 };
}

const help = ({
  userPrincipalName,
}: SparkTurn): string => `Hello **${userPrincipalName}**, I look after your laptop. I answer a little later, when I have looked.

- Tell me what is wrong: \`my laptop is slow to start\` or \`teams keeps crashing\`
- \`ask\`: I ask back · \`slow\`: a check of 15 seconds · \`fail\`: when I cannot help · \`silent\`: when I say nothing at all
- Say \`thanks\` twice: the same answer comes twice, as it should`;

function diagnosis({ text, userPrincipalName, number }: SparkTurn): string {
  const said = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return `I had a look at the device of **${userPrincipalName}** about “${said.replaceAll("\n", " ")}”:

| Check | Result |
|---|---|
| Disk | 61 % used, healthy |
| Memory | 3 browser tabs too many |
| Last restart | 12 days ago |

A restart is worth a try. _(This is message ${number} of our conversation; I remember all of it.)_`;
}
