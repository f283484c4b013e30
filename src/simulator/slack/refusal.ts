/** What the Web API answers with `ok: false`. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;
  /** Further members of the answer, such as `needed` and `provided`. */
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(code: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

/** Throws the refusal. */
export function refuse(code: string, facts?: Readonly<Record<string, unknown>>): never {
  throw new Refusal(code, facts);
}
