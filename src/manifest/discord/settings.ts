/** What the application is to have beside its commands, as `PATCH /applications/@me` takes it (docs: edit current application). */
export interface AppSettings {
  readonly description: string;
  readonly tags: readonly string[];
  readonly integration_types_config: Readonly<Record<string, unknown>>;
}

const scopes = ["bot", "applications.commands"];

/** `permissions`: all that the bot needs, as one number. Only servers can install the app: results need a bot that is there. */
export function toSettings(permissions: string): AppSettings {
  return {
    description: "Talk to your organisation's agents: mention this bot, write to it, or use /ask. The answer comes in a thread.",
    tags: ["agents", "a2a", "productivity"],
    integration_types_config: { 0: { oauth2_install_params: { scopes, permissions } } },
  };
}

/** Where a member with the permission "Manage Server" adds the bot to a server. */
export function toInstallUrl(applicationId: string, permissions: string): string {
  const query = new URLSearchParams({ client_id: applicationId, scope: scopes.join(" "), permissions, integration_type: "0" });
  return `https://discord.com/oauth2/authorize?${query}`;
}
