import { createSimulatedAgent, type SimulatedAgent } from "./agents/agent.ts";
import { demoScript } from "./agents/demo-script.ts";
import { createSparkAgent, type SparkAgent } from "./agents/spark.ts";
import { complete, detach, output, type Step, wait, working } from "./agents/steps.ts";
import type { AgentTurn } from "./agents/turn.ts";

/** The three that answer in the demo. */
export interface DemoAgents {
  /** Answers word by word. */
  readonly poet: SimulatedAgent;
  /** Takes its time and answers by push. */
  readonly worker: SimulatedAgent;
  readonly spark: SparkAgent;
  stop(): Promise<void>;
}

/** What the Spark-like agent asks of its callers. They are made up; it listens on loopback only. */
export const sparkClient = { clientId: "bridge-demo", clientSecret: "only-for-the-demo" } as const;

export async function createDemoAgents(): Promise<DemoAgents> {
  const wire = { protocol: "1.0", binding: "JSONRPC" } as const;
  const poet = await createSimulatedAgent({ ...wire, name: "Poet", modes: { streaming: true, push: false }, script: speak });
  const worker = await createSimulatedAgent({ ...wire, name: "Worker", modes: { streaming: false, push: true }, script: labour });
  const spark = await createSparkAgent({ name: "Spark", oauth: sparkClient });
  return {
    poet,
    worker,
    spark,
    stop: async () => {
      await Promise.all([poet.stop(), worker.stop(), spark.stop()]);
    },
  };
}

/** Words for which the agents have something special to show; see their `help`. */
const special = /\b(help|hi|hello|hey|stream|slow|job|ask|question|fail|reject|sign[ -]?in|silent|cut|long|hostile)\b/i;

const isSpecial = (turn: AgentTurn): boolean => turn.question !== undefined || turn.joining || special.test(turn.text);

async function* speak(turn: AgentTurn): AsyncGenerator<Step> {
  if (isSpecial(turn)) return yield* await demoScript(turn);
  yield working("is looking for words…");
  const words = reply(turn).split(/(?<=\s)/);
  for (const [at, word] of words.entries()) {
    yield output("answer", word, { append: at > 0, last: at === words.length - 1 });
    yield wait(60);
  }
  yield complete();
}

function reply({ text, before, metadata }: AgentTurn): string {
  const asker = typeof metadata.displayName === "string" ? metadata.displayName : "you";
  const memory = before.length === 0 ? "We have only just met." : `Before this you said “${before.at(-1)?.slice(0, 80)}”.`;
  return `I heard **${asker}** say:\n\n> ${text.slice(0, 500).replaceAll("\n", "\n> ")}\n\n${memory} This answer comes word by word, as a stream.\n\n- say \`help\` to see what else I can do\n- or go on in this thread without mentioning me\n`;
}

async function* labour(turn: AgentTurn): AsyncGenerator<Step> {
  if (isSpecial(turn)) return yield* await demoScript(turn);
  yield working("has taken the job…");
  if (turn.push) yield detach();
  yield wait(8_000);
  yield output(
    "answer",
    `**Done**, after eight seconds: “${turn.text.slice(0, 200).replaceAll("\n", " ")}”. This came by push notification.`,
    {
      last: true,
    },
  );
  yield complete();
}
