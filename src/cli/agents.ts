import type { AgentsCommand } from "../agents-asked.ts";
import { configOption, defineCommand, type Given, type Host, jsonOption, namedConfig } from "./command.ts";

const target = "<name or url>";
const asOption = { value: "<name>", help: "the user principal name to ask in, for an agent that must know who asks" };
const addressOptions = {
  bearer: { value: "<token>", help: "for an address that is not in the configuration: the token" },
  preset: { value: "<name>", help: "the same: spark, brightsy, inkeep, sistava, agentspace, or none" },
};
const exits = { 3: "the agent's card cannot be had or used", 4: "the agent was asked and did not answer" };

export const agentsList = defineCommand({
  name: "agents list",
  words: [],
  summary: "the agents of the configuration, and where they answer",
  options: { config: configOption, json: jsonOption },
  parse: (given): AgentsCommand => ({ kind: "agents", verb: "list", ...namedConfig(given), json: given.flag("json") }),
  run,
});

export const agentsCheck = defineCommand({
  name: "agents check",
  words: [target],
  summary: "what an agent declares, what is real, and the policy it should have",
  options: {
    config: configOption,
    yes: { short: "y", help: "send a few harmless messages; without it only the card is looked at" },
    ask: { value: "<question>", help: "the same, with a question of your own; it goes along several times, with a code word" },
    as: asOption,
    ...addressOptions,
    json: jsonOption,
  },
  exits,
  parse(given): AgentsCommand | string {
    const asked = parseTarget(given);
    if (typeof asked === "string") return asked;
    const question = given.text("ask")?.trim();
    if (question === "") return "--ask: the question is empty";
    const send = given.flag("yes") || question !== undefined;
    return { ...asked, verb: "check", send, ...(question !== undefined && { question }) };
  },
  run,
});

export const agentsAsk = defineCommand({
  name: "agents ask",
  words: [target, '"<text>"'],
  summary: "send one message and print the answer as it comes",
  options: { config: configOption, as: asOption, ...addressOptions, json: jsonOption },
  exits,
  parse(given): AgentsCommand | string {
    const [, text = ""] = given.words;
    const asked = parseTarget(given);
    if (typeof asked === "string") return asked;
    return text.trim() === "" ? "the text is empty" : { ...asked, verb: "ask", text };
  },
  run,
});

function parseTarget(given: Given<"config" | "json" | "as" | "bearer" | "preset">) {
  const [target = ""] = given.words;
  const [as, bearer, preset] = [given.text("as"), given.text("bearer"), given.text("preset")];
  const address = /^https?:\/\//i.test(target);
  if (address && !URL.canParse(target)) return `${target} is not an address`;
  const own = bearer !== undefined ? "bearer" : preset !== undefined ? "preset" : undefined;
  if (!address && own !== undefined) return `--${own} is for an address; what is configured has its own`;
  return {
    ...{ kind: "agents" as const, target, ...namedConfig(given), json: given.flag("json") },
    ...(as !== undefined && { as }),
    ...(bearer !== undefined && { bearer }),
    ...(preset !== undefined && { preset }),
  };
}

/** Ctrl+C ends it in good order: a door that was opened for the time of a check is shut. */
async function run(command: AgentsCommand, host: Host): Promise<number> {
  const { runAgents } = await import("../agents-command.ts");
  return runAgents(command, { env: host.env, out: host.out, err: host.err, signal: host.stopping() });
}
