import { type Config, loadConfig } from "../config.ts";
import type { Section } from "../doctor/examine.ts";
import { ConfigError } from "../model/errors.ts";
import { configOption, defineCommand, type Host, jsonOption, namedConfig, toJsonText } from "./command.ts";

export const doctor = defineCommand({
  name: "doctor",
  words: [],
  summary: "look at everything a bridge needs, and say what to mend",
  options: { config: configOption, json: jsonOption },
  more: `Configuration, store, clock, publicUrl, the credentials and permissions of each platform, the card of each agent, and
what each platform guarantees. Sends no message and changes nothing. It may run while the bridge runs, and before the
first start.`,
  exits: { 1: "something has to be mended" },
  parse: (given) => ({ ...namedConfig(given), json: given.flag("json") }),
  async run({ json, ...named }, host) {
    const sections = await look(named, host);
    const bad = sections.flatMap(({ findings }) => findings).filter(({ state }) => state === "bad").length;
    if (json) host.out(toJsonText({ good: bad === 0, sections }));
    else
      host.out(`${sections.map(toText).join("\n")}\n${bad === 0 ? "Nothing has to be mended." : `${bad} to be mended: see BAD above.`}\n`);
    return bad === 0 ? 0 : 1;
  },
});

async function look(named: { readonly path?: string }, host: Host): Promise<readonly Section[]> {
  let config: Config;
  try {
    config = await loadConfig({ ...named, env: host.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ about: "bridge", findings: [{ what: "configuration", state: "bad", says: error.message }] }];
  }
  const { examine } = await import("../doctor/examine.ts");
  const sections = await examine(config, host.adapters, host.stopping());
  const read = { what: "configuration", state: "good", says: "can be used" } as const;
  return sections.map((section) => (section.about === "bridge" ? { ...section, findings: [read, ...section.findings] } : section));
}

const marks = { good: "ok ", bad: "BAD", unknown: "?  " } as const;

function toText({ about, findings }: Section): string {
  return `${about}\n${findings.map(({ what, state, says }) => `  ${marks[state]}  ${what}: ${says}\n`).join("")}`;
}
