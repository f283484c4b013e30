import { z } from "zod";
import { parseForm } from "../content.ts";
import type { Desk } from "../desk.ts";
import { bot } from "../message.ts";
import type { Command, DiscordApp } from "../realm.ts";
import { refuse, refuseForm } from "../refusal.ts";
import { toUser, type Wire } from "../wire.ts";

/** The intent "message content" of an application in fewer than a hundred guilds (docs: application flags). */
const messageContentLimited = 1 << 19;
/** Presence, members and message content, each for small applications: the only flags that a client can set. */
const settable = (1 << 13) | (1 << 15) | messageContentLimited;

/** GET /applications/@me */
export function readApplication({ realm }: Desk): Wire {
  const { app } = realm;
  const owner = realm.people.get(bot);
  return {
    id: app.id,
    name: app.name,
    icon: null,
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: "0".repeat(64),
    summary: "",
    flags: app.messageContent ? messageContentLimited : 0,
    approximate_guild_count: realm.guilds.size,
    interactions_endpoint_url: null,
    ...(owner && { bot: toUser(owner) }),
    ...app.profile,
  };
}

const installSchema = z.strictObject({ scopes: z.array(z.string()), permissions: z.string().regex(/^\d+$/) });
const profileSchema = z.strictObject({
  custom_install_url: z.url().optional(),
  description: z.string().max(400).optional(),
  tags: z.array(z.string().min(1).max(20)).max(5).optional(),
  install_params: installSchema.nullish(),
  integration_types_config: z
    .partialRecord(z.enum(["0", "1"]), z.strictObject({ oauth2_install_params: installSchema.optional() }))
    .optional(),
  interactions_endpoint_url: z.url().nullish(),
  role_connections_verification_url: z.url().nullish(),
  event_webhooks_url: z.url().nullish(),
  event_webhooks_status: z.number().optional(),
  event_webhooks_types: z.array(z.string()).optional(),
  flags: z.number().int().optional(),
  icon: z.string().nullish(),
  cover_image: z.string().nullish(),
});

/** PATCH /applications/@me (docs: edit current application). Anything that it has no field for is a mistake of the caller. */
export function editApplication(desk: Desk, body: unknown): Wire {
  const { flags, ...profile } = parseForm(profileSchema, body);
  if (profile.interactions_endpoint_url)
    refuseForm("interactions_endpoint_url", "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID", "The URL could not be verified.");
  const { app } = desk.realm;
  if (flags !== undefined) {
    if ((flags & ~settable) !== 0) refuseForm("flags", "APPLICATION_FLAGS_INVALID", "Only limited intent flags can be changed.");
    app.messageContent = (flags & messageContentLimited) !== 0;
  }
  app.profile = { ...app.profile, ...profile };
  desk.realm.changed();
  return readApplication(desk);
}

const choice = z.looseObject({ name: z.string().min(1).max(100), value: z.union([z.string().max(100), z.number()]) });
const optionSchema = z.looseObject({
  type: z.number().int().min(1).max(11),
  name: z.string().regex(/^[-_'\p{L}\p{N}]{1,32}$/u),
  description: z.string().min(1).max(100),
  required: z.boolean().optional(),
  autocomplete: z.boolean().optional(),
  choices: z.array(choice).max(25).optional(),
  min_length: z.number().int().min(0).max(6_000).optional(),
  max_length: z.number().int().min(1).max(6_000).optional(),
});
const commandSchema = z.looseObject({
  name: z.string().trim().min(1).max(32),
  type: z.number().int().min(1).max(3).optional(),
  description: z.string().max(100).optional(),
  options: z.array(optionSchema).max(25).optional(),
  contexts: z.array(z.number().int().min(0).max(2)).nullish(),
  integration_types: z.array(z.number().int().min(0).max(1)).optional(),
  default_member_permissions: z.string().nullish(),
});
type GivenCommand = z.infer<typeof commandSchema>;

/** PUT of all commands: what is not named is gone; a command that keeps its name keeps its id (docs: bulk overwrite). */
export function putCommands(desk: Desk, application: string, guild: string, body: unknown): readonly Wire[] {
  const { app } = requireOwn(desk, application, guild);
  const given = parseForm(z.array(commandSchema).max(110), body);
  const before = app.commands.get(guild) ?? [];
  const names = new Set<string>();
  const commands = given.map((command, at): Command => {
    const type = command.type ?? 1;
    checkCommand(command, at);
    if (names.has(`${type} ${command.name}`))
      refuseForm(`${at}.name`, "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    names.add(`${type} ${command.name}`);
    const known = before.find((one) => one.name === command.name && one.type === type);
    const id = known?.id ?? desk.realm.newId();
    return {
      application_id: app.id,
      version: desk.realm.newId(),
      default_member_permissions: null,
      nsfw: false,
      description: "",
      ...command,
      id,
      type,
      ...(guild !== "" && { guild_id: guild }),
    };
  });
  app.commands.set(guild, commands);
  desk.realm.changed();
  return commands;
}

export function readCommands(desk: Desk, application: string, guild: string): readonly Wire[] {
  return requireOwn(desk, application, guild).app.commands.get(guild) ?? [];
}

function requireOwn({ realm }: Desk, application: string, guild: string): { readonly app: DiscordApp } {
  if (application !== realm.app.id) refuse("missingAccess");
  if (guild !== "" && !realm.guilds.get(guild)?.members.has(bot)) refuse("missingAccess");
  return realm;
}

function checkCommand({ name, type = 1, description = "", options = [] }: GivenCommand, at: number): void {
  const slash = type === 1;
  if (slash && (!/^[-_'\p{L}\p{N}]{1,32}$/u.test(name) || name !== name.toLowerCase()))
    refuseForm(`${at}.name`, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
  if (slash !== description.length > 0)
    refuseForm(`${at}.description`, "BASE_TYPE_BAD_LENGTH", "Only slash commands have a description, and they must");
  if (!slash && options.length > 0) refuseForm(`${at}.options`, "APPLICATION_COMMAND_OPTIONS_INVALID", "Context commands have no options");
  for (const [nth, option] of options.entries())
    if (option.type <= 2) parseForm(z.array(optionSchema).max(25), option.options ?? [], `${at}.options.${nth}.options.`);
  const firstOptional = options.findIndex(({ required }) => !required);
  if (firstOptional >= 0 && options.slice(firstOptional).some(({ required }) => required))
    refuseForm(
      `${at}.options`,
      "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
      "Required options must be placed before non-required options",
    );
  const both = options.findIndex(({ autocomplete, choices }) => autocomplete === true && choices !== undefined);
  if (both >= 0)
    refuseForm(`${at}.options.${both}`, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", "Choices and autocomplete are exclusive");
}
