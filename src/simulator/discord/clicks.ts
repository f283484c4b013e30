import { type About, requireSeen, type Where } from "./acts.ts";
import { buttonsOf } from "./components.ts";
import type { Desk } from "./desk.ts";
import { type Interacted, type Interaction, interactionTypes, toModalData } from "./interactions.ts";
import { type FileRef, type Message, toMessage } from "./message.ts";
import { permissionsIn } from "./permissions.ts";
import { type Channel, type Command, channelTypes, findMessage, isThread, keepMessage } from "./realm.ts";
import { toAttachment, toChannel, toMember, toUser, toMessage as toWire, type Wire } from "./wire.ts";

type Value = string | number | boolean | { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array };

export interface SlashCommand extends Where {
  readonly name: string;
  /** The word after the name, where a command has several. */
  readonly sub?: string;
  readonly options?: Readonly<Record<string, Value>>;
}

export interface Press extends About {
  /** What stands on the button, or its custom id. */
  readonly button: string;
  /** What is chosen in a menu. */
  readonly values?: readonly string[];
}

/** What people press and type commands for. Each act throws when there is no such thing; it resolves to what the person saw at once. */
export interface Clicks {
  command(command: SlashCommand): Promise<Interacted>;
  /** What is offered while an option is typed. */
  autocomplete(
    typed: Where & { readonly name: string; readonly sub?: string; readonly option: string; readonly value: string },
  ): Promise<Interacted>;
  /** A command of the menu of a message. */
  context(about: About & { readonly name: string }): Promise<Interacted>;
  click(press: Press): Promise<Interacted>;
  /** Sends the form that the interaction of this id has shown. */
  submit(form: { readonly interaction: string; readonly values: Readonly<Record<string, string>> }): Promise<Interacted>;
}

export function createClicks(desk: Desk, signal: AbortSignal): Clicks {
  const { realm, interactions } = desk;

  async function interact(given: Pick<Interaction, "type" | "user" | "message">, channel: Channel, data: Wire): Promise<Interacted> {
    const interaction = interactions.open({ ...given, channel: channel.id });
    const wire = toInteraction(desk, interaction, channel, data);
    desk.tell({ name: "INTERACTION_CREATE", intent: 0, channel: undefined, data: () => wire });
    return interactions.wait(interaction, signal);
  }

  return {
    async command({ name, sub, options = {}, ...where }) {
      const channel = requireSeen(desk, where);
      const command = requireCommand(desk, channel, where.user, name, 1);
      const filled = fillOptions(desk, channel, command.name, optionsOf(command, sub), options);
      const data = { ...toHead(command), ...filled, options: within(sub, filled.options) };
      return interact({ type: interactionTypes.command, user: where.user, message: undefined }, channel, data);
    },
    async autocomplete({ name, sub, option, value, ...where }) {
      const channel = requireSeen(desk, where);
      const command = requireCommand(desk, channel, where.user, name, 1);
      const found = optionsOf(command, sub).find((one) => one.name === option);
      if (found?.autocomplete !== true) throw new Error(`nothing is offered for ${option}`);
      const data = { ...toHead(command), options: within(sub, [{ name: option, type: found.type, value, focused: true }]) };
      return interact({ type: interactionTypes.autocomplete, user: where.user, message: undefined }, channel, data);
    },
    async context({ name, id, ...where }) {
      const channel = requireSeen(desk, where);
      const command = requireCommand(desk, channel, where.user, name, 3);
      const message = requireShown(channel, id, where.user);
      const data = { ...toHead(command), target_id: id, resolved: { messages: { [id]: toWire(realm, channel, message) } } };
      return interact({ type: interactionTypes.command, user: where.user, message: undefined }, channel, data);
    },
    async click({ button: wanted, values, id, ...where }) {
      const channel = requireSeen(desk, where);
      const message = requireShown(channel, id, where.user);
      const button = buttonsOf(message.components).find(({ label, customId }) => label === wanted || customId === wanted);
      if (button === undefined) throw new Error(`there is no button ${wanted}`);
      if (button.customId === undefined || button.disabled) throw new Error("this button calls nobody");
      if (button.kind === "select" && !values?.every((value) => button.options.some((one) => one.value === value)))
        throw new Error("the menu has no such choice");
      const data = {
        custom_id: button.customId,
        component_type: button.kind === "select" ? 3 : 2,
        ...(button.kind === "select" && { values }),
      };
      return interact({ type: interactionTypes.component, user: where.user, message: id }, channel, data);
    },
    async submit({ interaction: id, values }) {
      const before = interactions.get(id);
      if (before?.modal === undefined) throw new Error("there is no form to send");
      const missing = before.modal.fields.find(({ customId, required, value }) => required && !(values[customId] ?? value));
      if (missing !== undefined) throw new Error(`the form wants ${missing.customId}`);
      const channel = requireSeen(desk, before);
      const data = toModalData(before.modal, values);
      before.modal = undefined;
      return interact({ type: interactionTypes.modal, user: before.user, message: before.message }, channel, data);
    },
  };
}

function requireShown(channel: Channel, id: string, user: string): Message {
  const message = findMessage(channel, id);
  if (message === undefined || (message.onlyFor !== undefined && message.onlyFor !== user)) throw new Error("there is no such message");
  return message;
}

/** A command that is registered for here and that this person may use. */
function requireCommand({ realm }: Desk, channel: Channel, user: string, name: string, type: number): Command {
  const all = [...(realm.app.commands.get(channel.guild ?? "") ?? []), ...(realm.app.commands.get("") ?? [])];
  const command = all.find((one) => one.name === name && one.type === type);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  const { contexts } = command;
  const context = channel.type === channelTypes.direct ? 1 : 0;
  if (Array.isArray(contexts) && !contexts.includes(context)) throw new Error(`the command ${name} is not for here`);
  const needed = command.default_member_permissions;
  if (typeof needed === "string" && context === 0 && (permissionsIn(realm, channel, user) & BigInt(needed)) !== BigInt(needed))
    throw new Error(`${user} may not use ${name}`);
  return command;
}

interface Option {
  readonly name: string;
  readonly type: number;
  readonly required?: boolean;
  readonly autocomplete?: boolean;
  readonly max_length?: number;
  readonly choices?: readonly { readonly value: unknown }[];
  readonly options?: readonly Option[];
}

/** What can be typed after a command, or after the word that follows it. */
function optionsOf({ name, options }: Command, sub: string | undefined): readonly Option[] {
  const all: readonly Option[] = Array.isArray(options) ? options : [];
  const words = all.filter(({ type }) => type === subCommand);
  if (sub === undefined && words.length === 0) return all;
  const word = words.find((one) => one.name === sub);
  if (word === undefined) throw new Error(`the command ${name} has no ${sub}: it wants one of ${words.map((one) => one.name).join(", ")}`);
  return word.options ?? [];
}

/** Docs: application command option type. */
const subCommand = 1;

function within(sub: string | undefined, options: readonly Wire[]): readonly Wire[] {
  return sub === undefined ? options : [{ type: subCommand, name: sub, options }];
}

function toHead({ id, name, type }: Command): Wire {
  return { id, name, type };
}

/** What is typed, checked as Discord's client checks it. */
function fillOptions(
  desk: Desk,
  channel: Channel,
  command: string,
  known: readonly Option[],
  typed: Readonly<Record<string, Value>>,
): { readonly options: readonly Wire[]; readonly resolved?: Wire } {
  const unknown = Object.keys(typed).find((name) => !known.some((option) => option.name === name));
  if (unknown !== undefined) throw new Error(`the command ${command} has no option ${unknown}`);
  const attachments: Record<string, Wire> = {};
  const options = known.flatMap(({ name, type, required, max_length, choices }) => {
    const value = typed[name];
    if (value === undefined && required) throw new Error(`the command ${command} wants ${name}`);
    if (value === undefined) return [];
    if (typeof value === "string" && value.length > (max_length ?? 6_000)) throw new Error(`${name} is too long`);
    if (choices && !choices.some((choice) => choice.value === value)) throw new Error(`${name} is none of the choices`);
    if (typeof value !== "object") return [{ name, type, value }];
    const file = keepFile(desk, channel, value);
    attachments[file.id] = toAttachment(desk.realm, channel.id, file);
    return [{ name, type, value: file.id }];
  });
  return { options, ...(Object.keys(attachments).length > 0 && { resolved: { attachments } }) };
}

/** Files of commands stand in no message; a deleted one keeps them within reach. */
function keepFile({ realm }: Desk, channel: Channel, file: Omit<FileRef, "id" | "description">): FileRef {
  const kept = { ...file, id: realm.newId(), description: undefined };
  const at = realm.clock.now();
  keepMessage(channel, toMessage({ id: realm.newId(), channel: channel.id, user: "", at, files: [kept], deleted: true }));
  return kept;
}

/** Docs: interaction structure. */
function toInteraction({ realm, fileLimit }: Desk, interaction: Interaction, channel: Channel, data: Wire): Wire {
  const { id, token, type, user, message: messageId } = interaction;
  const person = realm.people.get(user);
  const guild = channel.guild === undefined ? undefined : realm.guilds.get(channel.guild);
  const message = messageId === undefined ? undefined : findMessage(channel, messageId);
  const permissions = String(permissionsIn(realm, channel, user));
  const member = guild && person && { ...toMember(guild, user), user: toUser(person), permissions };
  return {
    id,
    application_id: realm.app.id,
    type,
    token,
    version: 1,
    data,
    channel_id: channel.id,
    channel: { ...toChannel(realm, channel), permissions, ...(isThread(channel) && { parent_id: channel.parent }) },
    ...(guild ? { guild_id: guild.id, guild: { id: guild.id, features: [], locale: "en-US" }, guild_locale: "en-US" } : {}),
    ...(member ? { member } : { user: person && toUser(person) }),
    ...(message && { message: toWire(realm, channel, message) }),
    app_permissions: String(permissionsIn(realm, channel, "bot")),
    locale: "en-US",
    entitlements: [],
    authorizing_integration_owners: { 0: guild?.id ?? "0" },
    context: guild === undefined ? 1 : 0,
    attachment_size_limit: fileLimit,
  };
}
