import type { TeamsManifestConfig } from "./config.ts";

/** All that a manifest is made of. */
export interface TeamsManifestInput {
  /** The bot's application id. */
  readonly appId: string;
  /** Where the bridge is reached: `https://...`. */
  readonly publicUrl: string;
  readonly manifest: TeamsManifestConfig;
}

type Scope = TeamsManifestConfig["scopes"][number];

/** The words that the bridge itself understands, as Teams offers them above the box. */
const commands = [
  { title: "new", description: "Begin a new conversation" },
  { title: "stop", description: "Stop what the agent is doing" },
  { title: "status", description: "Ask what the agent is doing" },
  { title: "again", description: "Ask the last lost question once more" },
  { title: "help", description: "See what you can say here" },
] as const;

export const iconFiles = { color: "color.png", outline: "outline.png" } as const;

/** A Teams app manifest, version 1.29. Pure: the same input gives the same manifest. */
export function buildTeamsManifest({ appId, publicUrl, manifest }: TeamsManifestInput) {
  const { name, fullName, description, fullDescription, developer, accentColor, scopes, version } = manifest;
  const botId = appId.toLowerCase();
  return {
    $schema: "https://developer.microsoft.com/en-us/json-schemas/teams/v1.29/MicrosoftTeams.schema.json",
    manifestVersion: "1.29",
    version,
    id: (manifest.id ?? appId).toLowerCase(),
    developer: { ...developer },
    name: { short: name, full: fullName },
    description: { short: description, full: fullDescription },
    icons: iconFiles,
    accentColor,
    ...toInstallation(scopes),
    bots: [
      {
        botId,
        scopes,
        isNotificationOnly: false,
        supportsCalling: false,
        supportsVideo: false,
        supportsFiles: scopes.includes("personal"),
        commandLists: [{ scopes, commands }],
      },
    ],
    permissions: ["identity", "messageTeamMembers"],
    validDomains: [new URL(publicUrl).hostname],
    ...toConsent(botId, manifest),
  };
}

/** What the button "Add" does first, and what the app is in a team or a group chat. */
function toInstallation(scopes: readonly Scope[]) {
  const [first] = (["personal", "team", "groupChat"] as const).filter((scope) => scopes.includes(scope));
  const groups = { ...(scopes.includes("team") && { team: "bot" }), ...(scopes.includes("groupChat") && { groupchat: "bot" }) };
  return { defaultInstallScope: first, ...(Object.keys(groups).length > 0 && { defaultGroupCapability: groups }) };
}

/** Resource-specific consent: only what the admin chose, and only where the app can be added. */
function toConsent(botId: string, { readAll, scopes }: TeamsManifestConfig) {
  const names = [
    ...(readAll.channels && scopes.includes("team") ? ["ChannelMessage.Read.Group"] : []),
    ...(readAll.groupChats && scopes.includes("groupChat") ? ["ChatMessage.Read.Chat"] : []),
  ];
  if (names.length === 0) return {};
  return {
    webApplicationInfo: { id: botId, resource: `api://botid-${botId}` },
    authorization: { permissions: { resourceSpecific: names.map((name) => ({ name, type: "Application" })) } },
  };
}
