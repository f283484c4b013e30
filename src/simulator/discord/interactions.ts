import { randomBytes } from "node:crypto";
import type { Realm } from "./realm.ts";
import type { Wire } from "./wire.ts";

/** Docs: interaction types. */
export const interactionTypes = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

export interface Field {
  readonly customId: string;
  readonly label: string;
  readonly required: boolean;
  readonly value: string;
}

/** What the person saw at once: an answer, a sign of one to come, a form, choices; `failed`: "This interaction failed". */
export type Interacted = { readonly id: string } & (
  | { readonly kind: "message" | "deferred"; readonly message: string; readonly ephemeral: boolean }
  | { readonly kind: "updated" | "deferredUpdate" }
  | { readonly kind: "modal"; readonly customId: string; readonly title: string; readonly fields: readonly Field[] }
  | { readonly kind: "choices"; readonly choices: readonly { readonly name: string; readonly value: string | number }[] }
  | { readonly kind: "failed" }
);

/** Without the id of the interaction. */
export type Outcome = Interacted extends infer One ? (One extends Interacted ? Omit<One, "id"> : never) : never;

export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: (typeof interactionTypes)[keyof typeof interactionTypes];
  readonly user: string;
  readonly channel: string;
  /** The message whose button was pressed. */
  readonly message: string | undefined;
  readonly at: number;
  answered: Outcome | undefined;
  /** The message that answers it, once there is one. */
  original: string | undefined;
  /** The form that was shown in answer to it. */
  modal: Extract<Outcome, { kind: "modal" }> | undefined;
}

export interface Interactions {
  /** Three seconds at Discord (docs: receiving and responding). */
  readonly ackMs: number;
  /** Fifteen minutes at Discord. */
  readonly tokenLifeMs: number;
  open(given: Pick<Interaction, "type" | "user" | "channel" | "message">): Interaction;
  get(id: string): Interaction | undefined;
  withToken(token: string): Interaction | undefined;
  /** Notes how the bot answered; whoever waits for it hears of it. */
  answer(interaction: Interaction, outcome: Outcome): void;
  /** Resolves to what the person saw; `failed` when nothing came in time or the signal ends the wait. */
  wait(interaction: Interaction, signal: AbortSignal): Promise<Interacted>;
  /** Whether the token can still be used. */
  isAlive(interaction: Interaction): boolean;
}

export function createInteractions(realm: Realm, ackMs: number, tokenLifeMs: number): Interactions {
  const all = new Map<string, Interaction>();
  const waiting = new Map<string, () => void>();
  return {
    ackMs,
    tokenLifeMs,
    open(given) {
      const id = realm.newId();
      const token = `interaction-${randomBytes(24).toString("base64url")}`;
      const interaction: Interaction = {
        ...given,
        id,
        token,
        at: realm.clock.now(),
        answered: undefined,
        original: undefined,
        modal: undefined,
      };
      all.set(id, interaction);
      return interaction;
    },
    get: (id) => all.get(id),
    withToken: (token) => [...all.values()].find((interaction) => interaction.token === token),
    answer(interaction, outcome) {
      interaction.answered = outcome;
      if (outcome.kind === "modal") interaction.modal = outcome;
      waiting.get(interaction.id)?.();
    },
    async wait(interaction, signal) {
      const { id } = interaction;
      const over = new AbortController();
      waiting.set(id, () => over.abort());
      if (interaction.answered === undefined) await realm.clock.sleep(ackMs, AbortSignal.any([over.signal, signal]));
      waiting.delete(id);
      interaction.answered ??= { kind: "failed" };
      realm.changed();
      return { ...interaction.answered, id };
    },
    isAlive: ({ at }) => realm.clock.now() - at < tokenLifeMs,
  };
}

/** A person's answer to a form, as an interaction carries it: labels hold their inputs (docs: modal submit data). */
export function toModalData(modal: Extract<Outcome, { kind: "modal" }>, values: Readonly<Record<string, string>>): Wire {
  const components = modal.fields.map(({ customId, value }, index) => ({
    type: 18,
    id: 2 * index + 1,
    component: { type: 4, id: 2 * index + 2, custom_id: customId, value: values[customId] ?? value },
  }));
  return { custom_id: modal.customId, components };
}
