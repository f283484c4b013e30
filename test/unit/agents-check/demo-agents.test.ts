import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { createDemoAgents, type DemoAgents, toAgentConfigs } from "../../../src/simulator/demo/agents.ts";
import { until } from "../../support/until.ts";
import { createWorld } from "../../support/world.ts";
import { freePort, run, writeConfig } from "./bench.ts";

const reportSchema = z.object({
  findings: z.array(z.object({ ability: z.string(), declared: z.boolean().optional(), real: z.string(), seen: z.string() })),
  answered: z.boolean(),
  yaml: z.string(),
});
type Report = z.infer<typeof reportSchema> & { readonly code: number; readonly answer: string };
type Name = Exclude<keyof DemoAgents, "stop">;

let agents: DemoAgents;
const reports = new Map<Name, Report>();

beforeAll(async () => {
  agents = await createDemoAgents();
  const configs = Object.entries(toAgentConfigs(agents));
  const checked = configs.map(async ([name, config]) => {
    const port = await freePort();
    if (name === "spark") agents.spark.webhook(`http://127.0.0.1:${port}/a2a/push/spark`);
    const file = await writeConfig({ [name]: config }, port);
    const { code, out } = await run({
      kind: "agents",
      verb: "check",
      target: name,
      path: file.path,
      json: true,
      send: true,
      as: "ann@acme.test",
    });
    await file.remove();
    const report = reportSchema.parse(JSON.parse(out));
    return [name, { ...report, code, answer: await answerWith(name, report.yaml) }] as const;
  });
  for (const [name, report] of await Promise.all(checked)) reports.set(z.enum(names).parse(name), report);
}, 60_000);
afterAll(() => agents.stop());

const secrets = (): Readonly<Record<string, string>> => ({
  SPARK_CLIENT_SECRET: "only-for-the-demo",
  BRIGHTSY_TOKEN: agents.brightsy.apiKey,
  INKEEP_TOKEN: agents.inkeep.apiKey,
  SISTAVA_TOKEN: agents.sistava.apiKey,
});

/** What a thread shows of a bridge that is configured with what was printed, and nothing else. */
async function answerWith(name: string, yaml: string): Promise<string> {
  const filled = yaml.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => secrets()[variable] ?? "");
  const config = z.looseObject({ agents: z.looseObject({ [name]: z.unknown() }) }).parse(parse(`agents:\n${filled}`));
  const world = await createWorld({ config });
  try {
    if (name === "spark") agents.spark.webhook(`${world.url}/a2a/push/spark`);
    const { ts } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> good evening" });
    const said = () => world.slack.thread("C1", ts).replies.find(({ bot, streaming }) => bot && !streaming)?.text;
    return await until(said, 20_000, `an answer of ${name}`);
  } finally {
    await world.stop();
  }
}

const names = ["poet", "worker", "spark", "brightsy", "inkeep", "sistava", "agentspace"] as const satisfies readonly Name[];

/** What is true of each, by how it was made: stream, blocking, push, memory, get, list, resubscribe, cancel. */
const truth: Readonly<Record<Name, string>> = {
  poet: "yes yes no yes yes yes yes yes",
  worker: "no yes yes yes yes yes no yes",
  // It keeps the conversation's ids; that it remembers is not to be seen from outside.
  spark: "no no yes likely no no no no",
  brightsy: "yes no no yes yes no yes yes",
  inkeep: "yes yes no yes no no no no",
  sistava: "yes yes no no no no no no",
  agentspace: "yes no no yes no no no no",
};

describe.each(names)("agents check %s", (name) => {
  test("prints the true table", () => {
    const report = reports.get(name);

    expect(report?.findings.map(({ real }) => real).join(" ")).toBe(truth[name]);
    expect(report).toMatchObject({ code: 0, answered: true });
    const declared = Object.fromEntries((report?.findings ?? []).map((finding) => [finding.ability, finding.declared]));
    expect(declared).toMatchObject({ stream: !["worker", "spark"].includes(name), push: ["worker", "spark"].includes(name) });
  });

  test("prints a policy that works when it is pasted into the configuration, and no secret", () => {
    const yaml = reports.get(name)?.yaml ?? "";
    for (const secret of Object.values(secrets())) expect(yaml).not.toContain(secret);
    expect(reports.get(name)?.answer).toMatch(/good evening/);
  });
});

test("a policy is no longer than it must be: a preset that is right stays alone", () => {
  const inkeep: unknown = parse(reports.get("inkeep")?.yaml ?? "");
  const worker: unknown = parse(reports.get("worker")?.yaml ?? "");

  expect(inkeep).toEqual({
    inkeep: {
      url: agents.inkeep.endpoint,
      preset: "inkeep",
      auth: { type: "bearer", token: "${INKEEP_TOKEN}" },
      identity: { fields: ["displayName"] },
    },
  });
  expect(worker).toMatchObject({ worker: { delivery: ["push", "poll"], operations: { resubscribe: false } } });
});
