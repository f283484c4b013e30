import { toInstallUrl, toSettings } from "./settings.ts";

/** What the adapter says about itself, for whoever installs it. */
export interface Described {
  readonly commands: readonly unknown[];
  /** Bits by Discord's names. */
  readonly permissions: Readonly<Record<string, bigint>>;
  /** All of them as one number. */
  readonly permissionsInteger: string;
  /** Bits by Discord's names. */
  readonly intents: Readonly<Record<string, number>>;
}

/** The files in `manifest/discord`, by name: what is to be registered, for those who would rather do it by hand or by their own tools. */
export function toFiles({ commands, permissions, permissionsInteger, intents }: Described): Readonly<Record<string, unknown>> {
  return {
    "app.json": toSettings(permissionsInteger),
    "commands.json": commands,
    "permissions.json": {
      permissions: Object.keys(permissions),
      permissionsInteger,
      intents: Object.keys(intents),
      intentsInteger: Object.values(intents).reduce((sum, bit) => sum | bit, 0),
      privilegedIntents: ["MessageContent"],
      scopes: ["bot", "applications.commands"],
      installUrl: toInstallUrl("APPLICATION_ID", permissionsInteger),
    },
  };
}
