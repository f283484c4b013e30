import { Routes } from "discord.js";
import { callsNobody } from "./render.ts";
import type { Rest } from "./rest.ts";
import type { Interaction } from "./wire.ts";

/** Answers to an interaction, by its own token: within three seconds the first, within fifteen minutes the others. Seen by one person alone. */
export interface Respond {
  /** "Thinking", until `tell` says what came of it. */
  defer(interaction: Interaction): Promise<void>;
  /** A click was heard; nothing is shown. */
  hear(interaction: Interaction): Promise<void>;
  /** At once, in place of `defer`. */
  say(interaction: Interaction, text: string): Promise<void>;
  /** After `defer`. */
  tell(interaction: Interaction, text: string): Promise<void>;
  /** After `hear`. */
  add(interaction: Interaction, text: string): Promise<void>;
  form(interaction: Interaction, form: object): Promise<void>;
  choices(interaction: Interaction, names: readonly string[]): Promise<void>;
}

/** https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type */
const types = { message: 4, deferredMessage: 5, deferredUpdate: 6, autocomplete: 8, modal: 9 } as const;
/** EPHEMERAL: this person alone sees it. */
const alone = 64;
const mostChoices = 25;

export function createRespond(rest: Rest, signal: AbortSignal): Respond {
  const answer = async ({ id, token }: Interaction, type: number, data?: object) => {
    const body = data ? { type, data } : { type };
    await rest.call(
      "post",
      Routes.interactionCallback(id, token),
      { name: "answer interaction", purpose: "read", body, auth: false },
      signal,
    );
  };
  const words = (text: string) => ({ content: text, allowed_mentions: callsNobody });
  return {
    defer: (interaction) => answer(interaction, types.deferredMessage, { flags: alone }),
    hear: (interaction) => answer(interaction, types.deferredUpdate),
    say: (interaction, text) => answer(interaction, types.message, { ...words(text), flags: alone }),
    async tell({ application_id: app, token }, text) {
      const call = { name: "tell interaction", purpose: "read", body: words(text), auth: false } as const;
      await rest.call("patch", Routes.webhookMessage(app, token, "@original"), call, signal);
    },
    async add({ application_id: app, token }, text) {
      const call = { name: "add to interaction", purpose: "read", body: { ...words(text), flags: alone }, auth: false } as const;
      await rest.call("post", Routes.webhook(app, token), call, signal);
    },
    form: (interaction, form) => answer(interaction, types.modal, form),
    choices: (interaction, names) =>
      answer(interaction, types.autocomplete, {
        choices: names.slice(0, mostChoices).map((name) => ({ name: name.slice(0, 100), value: name.slice(0, 100) })),
      }),
  };
}
