import type { Difference } from "./compare.ts";
import type { Registration } from "./register.ts";

/** What was found and done, for an admin. */
export function toWords({ application, differences, applied, messageContent, installUrl }: Registration): string {
  const settled = differences.length === 0 ? "Nothing differs." : applied ? "This was changed:" : "This differs:";
  return [
    `${application.name} (${application.id})`,
    settled,
    ...differences.map(toLine),
    ...(differences.length > 0 && !applied ? ["Nothing was changed. The same with --apply changes it."] : []),
    "",
    messageContent ? "Message Content Intent: on." : withoutContent(application.id),
    "",
    "Install link, for a member with the permission Manage Server:",
    `  ${installUrl}`,
    "",
  ].join("\n");
}

function toLine({ what, now, wanted }: Difference): string {
  if (now === undefined) return `  + ${what}: ${wanted}`;
  if (wanted === undefined) return `  - ${what}: ${now}`;
  return `  ~ ${what}: ${now}  →  ${wanted}`;
}

function withoutContent(id: string): string {
  return `Message Content Intent: OFF. Discord does not let the bridge in without it. Switch it on under Bot, Privileged Gateway Intents:
  https://discord.com/developers/applications/${id}/bot`;
}
