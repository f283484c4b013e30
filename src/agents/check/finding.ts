/** What is tried, in the order of the table. */
export type Ability = "stream" | "blocking" | "push" | "memory" | "get" | "list" | "resubscribe" | "cancel";

/**
 * `yes`: its effect was seen. `likely`: the agent went along with it, and the effect cannot be seen from outside. `no`: it was tried, and
 * the effect did not come. `untried`: nothing is known.
 */
export type Real = "yes" | "likely" | "no" | "untried";

/** What a try has shown. `seen` is fit for a terminal and for the eyes of an admin; nothing in it is the agent's own text. */
export interface Outcome {
  readonly real: Real;
  readonly seen: string;
}

export interface Finding extends Outcome {
  readonly ability: Ability;
  /** What the card says; undefined where a card says nothing of it. */
  readonly declared: boolean | undefined;
}

export const yes = (seen: string): Outcome => ({ real: "yes", seen });
export const likely = (seen: string): Outcome => ({ real: "likely", seen });
export const no = (seen: string): Outcome => ({ real: "no", seen });
export const untried = (seen: string): Outcome => ({ real: "untried", seen });

/** What may be relied on. */
export function isReal({ real }: Outcome): boolean {
  return real === "yes" || real === "likely";
}
