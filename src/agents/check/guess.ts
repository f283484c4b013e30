import type { AgentConfig } from "../config.ts";
import type { AgentDescription } from "../describe.ts";

type PresetName = NonNullable<AgentConfig["preset"]>;

/** The addresses that the systems document; for a look that is confirmed by what is then tried. */
const addresses: readonly { readonly preset: PresetName; readonly pattern: RegExp }[] = [
  { preset: "spark", pattern: /\/api\/spark\/a2a\/?$/ },
  { preset: "brightsy", pattern: /\/api\/v1beta\/agent\/[^/]+(\/a2a(\/(card|tasks))?)?\/?$/ },
  { preset: "inkeep", pattern: /\/agents\/(a2a|\.well-known\/agent\.json)$/ },
  { preset: "agentspace", pattern: /\/discovery\/[^/]+\/\.well-known\/agent\.json$/ },
];

export function guessFromUrl(url: string): PresetName | undefined {
  const { pathname } = new URL(url);
  return addresses.find(({ pattern }) => pattern.test(pathname))?.preset;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An organisation whose employees are the skills of a 0.1 card is Sistava's way. */
export function guessFromCard({ endpoint, interfaces, skills }: AgentDescription): PresetName | undefined {
  const old = interfaces.some(({ version }) => version.startsWith("0.1") || version.startsWith("0.2") || version === "0.3");
  const employees = skills.length > 0 && skills.every(({ id }) => uuid.test(id));
  return old && employees && /\/api\/a2a\/?$/.test(new URL(endpoint).pathname) ? "sistava" : undefined;
}
