import { createAgentspaceAgent } from "../../../src/simulator/agents/agentspace.ts";
import { type BrightsyAgent, createBrightsyAgent } from "../../../src/simulator/agents/brightsy.ts";
import { createInkeepAgent, type InkeepAgent, type InkeepOptions } from "../../../src/simulator/agents/inkeep.ts";
import type { VendorAgent } from "../../../src/simulator/agents/kit.ts";
import type { VendorScriptFor } from "../../../src/simulator/agents/play.ts";
import { createSistavaAgent, type SistavaAgent } from "../../../src/simulator/agents/sistava.ts";
import { createSparkAgent, type SparkAgent, type SparkOptions } from "../../../src/simulator/agents/spark.ts";
import { complete, output, working } from "../../../src/simulator/agents/steps.ts";

/** One of the systems that really exist, and the one line of configuration with which the bridge talks to it. */
export interface System<A> {
  readonly agent: A;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Says what was said, and everything that was said before in what the agent takes for the same conversation. */
export const echo: VendorScriptFor = ({ text, before }) => [
  working("thinking"),
  output("a", `You said ${text}`),
  output("a", before.length > 0 ? `, after ${before.join(" and ")}` : "", { append: true, last: true }),
  complete(),
];

export async function createSpark(options: Partial<SparkOptions> = {}): Promise<System<SparkAgent>> {
  const login = { clientId: "bridge", clientSecret: "s3cret" };
  const agent = await createSparkAgent({ name: "spark", oauth: login, ...options });
  const auth = { type: "oauth2ClientCredentials", tokenUrl: agent.tokenUrl, ...login };
  return { agent, config: { preset: "spark", url: agent.url, auth, push: { auth: "none" } } };
}

export async function createBrightsy(script: VendorScriptFor = echo): Promise<System<BrightsyAgent>> {
  const agent = await createBrightsyAgent({ script });
  return { agent, config: { preset: "brightsy", url: agent.cardUrl, auth: { type: "bearer", token: agent.apiKey } } };
}

export async function createInkeep(script: VendorScriptFor = echo, options: InkeepOptions = {}): Promise<System<InkeepAgent>> {
  const agent = await createInkeepAgent({ script, mount: "/run", ...options });
  return { agent, config: { preset: "inkeep", url: agent.endpoint, auth: { type: "bearer", token: agent.apiKey } } };
}

export async function createSistava(script: VendorScriptFor = echo): Promise<System<SistavaAgent>> {
  const agent = await createSistavaAgent({ script });
  const auth = { type: "bearer", token: agent.apiKey };
  return { agent, config: { preset: "sistava", url: agent.endpoint, auth, employee: "Nora Lind" } };
}

export async function createAgentspace(script: VendorScriptFor = echo): Promise<System<VendorAgent>> {
  const agent = await createAgentspaceAgent({ script });
  return { agent, config: { preset: "agentspace", url: agent.endpoint } };
}
