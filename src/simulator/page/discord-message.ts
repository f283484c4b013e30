import type { Realm } from "../discord/realm.ts";
import type { Shown } from "../discord/show.ts";
import { type Button, type Message, toMessage } from "./platform.ts";

/** A message of the simulated Discord as this person sees it. */
export function fromDiscord(realm: Realm, shown: Shown, user: string): Message {
  return toMessage({
    id: shown.id,
    at: shown.at,
    author: { id: shown.bot ? realm.app.id : shown.user, name: shown.name, app: shown.bot },
    text: shown.thinking ? "_is thinking…_" : readMentions(realm, shown.text),
    edited: shown.edited && !isWritten(shown),
    streaming: isWritten(shown),
    private: shown.onlyFor !== undefined,
    mine: shown.user === user,
    files: shown.files.map(({ id, name, mediaType, bytes }) => ({ id, name, mediaType, size: bytes.length })),
    buttons: shown.buttons.flatMap(toButton),
    reactions: shown.reactions.map((mark) => mark.slice(mark.indexOf(" ") + 1)),
  });
}

/** Discord has no sign for a message that is still written; what has a button to stop it is one. */
function isWritten({ thinking, buttons }: Shown): boolean {
  return thinking || buttons.some(({ label }) => label === "Stop");
}

function toButton({ kind, label, customId, url, style, disabled }: Shown["buttons"][number]): readonly Button[] {
  if (kind !== "button") return [];
  const common = { label, disabled };
  if (url !== undefined) return [{ ...common, id: url, kind: "link", url }];
  if (customId === undefined) return [];
  if (label === "👍" || label === "👎")
    return [{ ...common, id: customId, label: label === "👍" ? "Good answer" : "Bad answer", kind: label === "👍" ? "up" : "down" }];
  return [{ ...common, id: customId, kind: style === 4 ? "danger" : style === 1 || style === 3 ? "primary" : "plain" }];
}

/** The page names people as acts do; a mention names them by their user id. Channels and threads are named in words. */
function readMentions({ people, app, channels }: Realm, text: string): string {
  return text
    .replaceAll(/<#(\d+)>/g, (written, id) => (channels.has(id) ? `**#${channels.get(id)?.name}**` : written))
    .replaceAll(/<@!?(\d+)>/g, (written, id) => {
      const person = [...people.values()].find(({ userId }) => userId === id);
      return id === app.id ? `<@${id}>` : person === undefined ? written : `<@${person.id}>`;
    });
}
