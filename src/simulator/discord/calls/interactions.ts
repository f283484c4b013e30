import { z } from "zod";
import { inputsOf } from "../components.ts";
import { type MessageBody, messageSchema, parseForm, readContent, requireSomething, type Upload } from "../content.ts";
import type { Desk } from "../desk.ts";
import { messageEvent } from "../events.ts";
import { type Interaction, interactionTypes, type Outcome } from "../interactions.ts";
import { flags, type Message, messageTypes } from "../message.ts";
import { type Channel, findMessage } from "../realm.ts";
import { refuse, refuseForm } from "../refusal.ts";
import { toMessage, type Wire } from "../wire.ts";
import { change, compose, publish, remove } from "./messages.ts";

/** Docs: interaction callback type. */
const callbacks = { message: 4, deferred: 5, deferredUpdate: 6, update: 7, choices: 8, modal: 9 } as const;

const callbackSchema = z.object({ type: z.number().int(), data: z.looseObject({}).nullish() });
const choicesSchema = z.object({
  choices: z.array(z.object({ name: z.string().min(1).max(100), value: z.union([z.string().max(100), z.number()]) })).max(25),
});
const modalSchema = z.object({
  custom_id: z.string().min(1).max(100),
  title: z.string().min(1).max(45),
  components: z.array(z.unknown()).min(1).max(5),
});

/** POST /interactions/{interaction}/{token}/callback: once, and within three seconds. */
export function answerInteraction(desk: Desk, id: string, token: string, body: unknown, uploads: readonly Upload[]): Wire {
  const { interactions } = desk;
  const interaction = interactions.get(id);
  if (interaction === undefined || interaction.token !== token) return refuse("unknownInteraction");
  if (interaction.answered?.kind === "failed") {
    desk.violation("an interaction was answered too late");
    refuse("unknownInteraction");
  }
  if (interaction.answered !== undefined) {
    desk.violation("an interaction was answered twice");
    refuse("acknowledged");
  }
  const { type, data } = parseForm(callbackSchema, body);
  checkType(interaction, type);
  const outcome = toOutcome(desk, interaction, type, data ?? {}, uploads);
  interactions.answer(interaction, outcome);
  const resource = "message" in outcome ? { type, message: shown(desk, interaction, outcome.message) } : { type };
  return { interaction: { id, type: interaction.type, response_message_id: interaction.original }, resource };
}

function checkType({ type, message }: Interaction, callback: number): void {
  const { command, component, autocomplete, modal } = interactionTypes;
  const { deferredUpdate, update, choices, modal: form } = callbacks;
  const onMessage = type === component || (type === modal && message !== undefined);
  const fits =
    type === autocomplete
      ? callback === choices
      : callback === callbacks.message ||
        callback === callbacks.deferred ||
        ((callback === update || callback === deferredUpdate) && onMessage) ||
        (callback === form && (type === command || type === component));
  if (!fits) refuseForm("type", "INTERACTION_CALLBACK_TYPE_INVALID", "This type does not answer this interaction.");
}

function toOutcome(desk: Desk, interaction: Interaction, type: number, data: Wire, uploads: readonly Upload[]): Outcome {
  switch (type) {
    case callbacks.message:
      return answerWith(desk, interaction, data, uploads, 0);
    case callbacks.deferred:
      return answerWith(desk, interaction, data, [], flags.loading);
    case callbacks.choices:
      return { kind: "choices", choices: parseForm(choicesSchema, data).choices };
    case callbacks.modal: {
      const { custom_id, title, components } = parseForm(modalSchema, data);
      return { kind: "modal", customId: custom_id, title, fields: inputsOf(components) };
    }
    case callbacks.update: {
      const { channel, message } = source(desk, interaction);
      alter(desk, channel, message, parseForm(messageSchema, data), uploads);
      return { kind: "updated" };
    }
    default:
      return { kind: "deferredUpdate" };
  }
}

function answerWith(desk: Desk, interaction: Interaction, data: Wire, uploads: readonly Upload[], loading: number): Outcome {
  const asked = parseForm(messageSchema, data);
  const channel = channelOf(desk, interaction);
  const content = readContent(desk, channel, asked, uploads);
  if (loading === 0) requireSomething(content);
  const message = put(desk, interaction, channel, asked, uploads, loading);
  interaction.original = message.id;
  return { kind: loading === 0 ? "message" : "deferred", message: message.id, ephemeral: message.onlyFor !== undefined };
}

function put(
  desk: Desk,
  interaction: Interaction,
  channel: Channel,
  asked: MessageBody,
  uploads: readonly Upload[],
  loading: number,
): Message {
  const content = readContent(desk, channel, asked, uploads);
  const ephemeral = ((content.flags ?? 0) & flags.ephemeral) !== 0;
  const bits = (content.flags ?? 0) | loading;
  const type = interaction.type === interactionTypes.command ? messageTypes.command : messageTypes.reply;
  const message = compose(
    desk,
    channel,
    asked,
    { ...content, flags: bits },
    {
      type,
      interaction: interaction.id,
      ...(ephemeral && { onlyFor: interaction.user }),
    },
  );
  publish(desk, channel, message);
  return message;
}

/** The application's webhook for an interaction: while its token lives, and only once it was answered. */
function requireToken(desk: Desk, application: string, token: string): Interaction {
  const interaction = desk.interactions.withToken(token);
  if (interaction === undefined || application !== desk.realm.app.id) return refuse("unknownWebhook");
  if (!desk.interactions.isAlive(interaction)) return refuse("badWebhookToken");
  return interaction.answered === undefined ? refuse("unknownWebhook") : interaction;
}

/** POST /webhooks/{application}/{token}: the first one after a deferred answer takes its place; the others are new messages. */
export function followUp(desk: Desk, application: string, token: string, body: unknown, uploads: readonly Upload[]): Wire {
  const interaction = requireToken(desk, application, token);
  const asked = parseForm(messageSchema, body);
  const channel = channelOf(desk, interaction);
  requireSomething(readContent(desk, channel, asked, uploads));
  const original = interaction.original === undefined ? undefined : findMessage(channel, interaction.original);
  if (original !== undefined && (original.flags & flags.loading) !== 0) {
    alter(desk, channel, original, asked, uploads);
    return toMessage(desk.realm, channel, original);
  }
  return toMessage(desk.realm, channel, put(desk, interaction, channel, asked, uploads, 0));
}

/** GET, PATCH and DELETE /webhooks/{application}/{token}/messages/{message}; `@original` is the answer itself. */
export function followedUp(
  desk: Desk,
  method: "GET" | "PATCH" | "DELETE",
  names: { readonly application: string; readonly token: string; readonly message: string },
  body: unknown,
  uploads: readonly Upload[],
): Wire | undefined {
  const interaction = requireToken(desk, names.application, names.token);
  const { channel, message } = names.message === "@original" ? source(desk, interaction) : ownMessage(desk, interaction, names.message);
  if (method === "DELETE") return void remove(desk, channel, message);
  if (method === "PATCH") alter(desk, channel, message, parseForm(messageSchema, body), uploads);
  return toMessage(desk.realm, channel, message);
}

function alter(desk: Desk, channel: Channel, message: Message, asked: MessageBody, uploads: readonly Upload[]): void {
  const ephemeral = message.flags & flags.ephemeral;
  change(desk, channel, message, asked, uploads);
  message.flags = (message.flags & ~flags.ephemeral) | ephemeral;
  if (message.onlyFor === undefined) desk.tell(messageEvent(desk.realm, channel, message, "MESSAGE_UPDATE"));
}

/** The answer to an interaction, or, where there is none, the message whose button was pressed. */
function source(desk: Desk, interaction: Interaction): { readonly channel: Channel; readonly message: Message } {
  return ownMessage(desk, interaction, interaction.original ?? interaction.message ?? "");
}

function ownMessage(desk: Desk, interaction: Interaction, id: string): { readonly channel: Channel; readonly message: Message } {
  const channel = channelOf(desk, interaction);
  const message = findMessage(channel, id);
  return message === undefined ? refuse("unknownMessage") : { channel, message };
}

function channelOf({ realm }: Desk, { channel }: Interaction): Channel {
  return realm.channels.get(channel) ?? refuse("unknownChannel");
}

function shown(desk: Desk, interaction: Interaction, id: string): Wire {
  const { channel, message } = ownMessage(desk, interaction, id);
  return toMessage(desk.realm, channel, message);
}
