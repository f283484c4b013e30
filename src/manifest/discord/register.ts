import { z } from "zod";
import { ConfigError } from "../../model/errors.ts";
import type { CallDiscord } from "./api.ts";
import { compareCommands, compareSettings, type Difference, type Fields } from "./compare.ts";
import { toInstallUrl, toSettings } from "./settings.ts";

/** What the adapter understands, and so what is to be registered. */
export interface Wanted {
  readonly applicationId: string;
  readonly commands: readonly Fields[];
  /** All that the bot needs, as one number. */
  readonly permissions: string;
}

export interface Registration {
  readonly application: { readonly id: string; readonly name: string };
  readonly differences: readonly Difference[];
  /** Whether what differed was changed. */
  readonly applied: boolean;
  /** Whether the portal's switch "Message Content Intent" is on. */
  readonly messageContent: boolean;
  readonly installUrl: string;
}

const applicationSchema = z.looseObject({ id: z.string(), name: z.string(), flags: z.number().default(0) });
const commandsSchema = z.array(z.looseObject({ name: z.string() }));

/** The intent's flag for any application, and for one in fewer than a hundred servers (docs: application flags). */
const messageContentFlags = (1 << 18) | (1 << 19);

/**
 * Compares the application and its commands with what they are to be, and with `apply` changes what differs; nothing is written otherwise,
 * nor when there is no difference. Rejects with a ConfigError.
 */
export async function registerApp(call: CallDiscord, wanted: Wanted, apply: boolean): Promise<Registration> {
  const found = read(applicationSchema, await call("GET", "/applications/@me"));
  if (found.id !== wanted.applicationId) {
    throw new ConfigError(
      `discord.applicationId: is ${wanted.applicationId}, but discord.token belongs to ${found.name}, ${found.id}. Put both of one application there.`,
    );
  }
  const path = `/applications/${found.id}/commands`;
  const settings = compareSettings(found, toSettings(wanted.permissions));
  const commands = compareCommands(read(commandsSchema, await call("GET", path)), wanted.commands);
  if (apply && settings.differences.length > 0) await call("PATCH", "/applications/@me", settings.body);
  if (apply && commands.length > 0) await call("PUT", path, wanted.commands);
  return {
    application: { id: found.id, name: found.name },
    differences: [...settings.differences, ...commands],
    applied: apply,
    messageContent: (found.flags & messageContentFlags) !== 0,
    installUrl: toInstallUrl(found.id, wanted.permissions),
  };
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new ConfigError("discord.apiUrl: what answers there is not Discord's API.", { cause: parsed.error });
}
