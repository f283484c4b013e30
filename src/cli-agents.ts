/** What is asked of `a2a-chat-bridge agents`. */
export type AgentsCommand =
  | { readonly kind: "agents"; readonly verb: "list"; readonly path?: string; readonly json: boolean }
  | (Target & {
      readonly kind: "agents";
      readonly verb: "check";
      /** Messages may be sent. */
      readonly send: boolean;
      /** In place of the usual question. */
      readonly question?: string;
    })
  | (Target & { readonly kind: "agents"; readonly verb: "ask"; readonly text: string });

interface Target {
  /** A name of the configuration, or an address. */
  readonly target: string;
  readonly path?: string;
  readonly json: boolean;
  /** The user principal name in which the agent is asked. */
  readonly as?: string;
  /** For an address: the token, the preset, or `none`. */
  readonly bearer?: string;
  readonly preset?: string;
}

export interface AgentsValues {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly ask?: string;
  readonly as?: string;
  readonly bearer?: string;
  readonly preset?: string;
}

export const agentsOptions = {
  json: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  ask: { type: "string" },
  as: { type: "string" },
  bearer: { type: "string" },
  preset: { type: "string" },
} as const;

const verbs: Readonly<
  Record<string, { readonly words: number; readonly usage: string; readonly options: readonly (keyof AgentsValues)[] }>
> = {
  list: { words: 0, usage: "agents list", options: ["json"] },
  check: { words: 1, usage: "agents check <name or url>", options: ["json", "yes", "ask", "as", "bearer", "preset"] },
  ask: { words: 2, usage: 'agents ask <name or url> "<text>"', options: ["json", "as", "bearer", "preset"] },
};

/** `words`: what stands after `agents`. Resolves to why it is not understood, as a text. */
export function parseAgentsCommand(words: readonly string[], values: AgentsValues, path: string | undefined): AgentsCommand | string {
  const [verb = "", target = "", text = ""] = words;
  const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) return verb === "" ? "agents what? list, check or ask" : `there is no command agents ${verb}`;
  if (words.length !== known.words + 1) return `this is how it is written: ${known.usage}`;
  const stray = Object.keys(agentsOptions).find((option) => option in values && !known.options.some((own) => own === option));
  if (stray !== undefined) return `--${stray} does not belong to agents ${verb}`;
  const from = { kind: "agents", json: values.json === true, ...(path !== undefined && { path }) } as const;
  if (verb === "list") return { ...from, verb };
  const address = /^https?:\/\//i.test(target);
  if (address && !URL.canParse(target)) return `${target} is not an address`;
  const own = (["bearer", "preset"] as const).find((option) => values[option] !== undefined);
  if (!address && own !== undefined) return `--${own} is for an address; what is configured has its own`;
  const asked = { ...from, target, ...toGiven(values) };
  if (verb === "ask") return text.trim() === "" ? "the text is empty" : { ...asked, verb, text };
  const question = values.ask?.trim();
  if (question === "") return "--ask: the question is empty";
  return { ...asked, verb: "check", send: values.yes === true || question !== undefined, ...(question !== undefined && { question }) };
}

function toGiven({ as, bearer, preset }: AgentsValues): Pick<Target, "as" | "bearer" | "preset"> {
  return { ...(as !== undefined && { as }), ...(bearer !== undefined && { bearer }), ...(preset !== undefined && { preset }) };
}
