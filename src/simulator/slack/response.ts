import { randomUUID } from "node:crypto";
import { parseArgs } from "./arguments.ts";
import { type Content, parseContent } from "./content.ts";
import { addMessage } from "./history.ts";
import type { Message } from "./message.ts";
import type { Desk } from "./method.ts";
import { changeMessage } from "./method.ts";
import { deleteMessage } from "./methods/chat.ts";
import { Refusal } from "./refusal.ts";

/** Addresses at which an app may answer a command or a click later: five times, for half an hour (docs: handling user interaction). */
export interface ResponseUrls {
  /** `message` is the one that was clicked, if any. */
  open(channel: string, message: Message | undefined, user: string): string;
  answer(id: string, contentType: string, body: string): { readonly status: number; readonly body: string };
}

const lifeMs = 1_800_000;

export function createResponseUrls(desk: Desk): ResponseUrls {
  const { workspace } = desk;
  const open = new Map<string, { channel: string; message: Message | undefined; user: string; left: number; until: number }>();
  return {
    open(channel, message, user) {
      const id = randomUUID();
      open.set(id, { channel, message, user, left: 5, until: workspace.clock.now() + lifeMs });
      return `${workspace.address}/response/${id}`;
    },
    answer(id, contentType, body) {
      const place = open.get(id);
      if (place === undefined) return { status: 404, body: "no_url" };
      if (place.left === 0 || workspace.clock.now() > place.until) return { status: 404, body: "used_url" };
      place.left -= 1;
      try {
        respond(desk, place, contentType, body);
        return { status: 200, body: "ok" };
      } catch (error) {
        if (error instanceof Refusal) return { status: 400, body: error.code };
        throw error;
      }
    },
  };
}

interface Place {
  readonly channel: string;
  readonly message: Message | undefined;
  readonly user: string;
}

function respond(desk: Desk, place: Place, contentType: string, body: string): void {
  const { workspace } = desk;
  const { channel, message, user } = place;
  const args = parseArgs(contentType, body);
  if (args.delete_original === true && message) deleteMessage(desk, message);
  else if (args.replace_original === true && message) replaceOriginal(desk, message, parseContent(args));
  else if (args.response_type === "in_channel") postOpenly(desk, place, parseContent(args));
  else {
    const { text, markdown, blocks = [] } = parseContent(args);
    workspace.privates.push({
      channel,
      threadTs: message?.threadTs ?? message?.ts,
      user,
      ts: workspace.ts(),
      text: markdown ?? text,
      blocks,
    });
    workspace.changed();
  }
}

function replaceOriginal(desk: Desk, message: Message, { text, markdown, blocks = [] }: Content): void {
  const edited = { user: desk.workspace.app.botUser, ts: desk.workspace.ts() };
  changeMessage(desk, message, () => Object.assign(message, { text, markdown, blocks, edited }));
}

function postOpenly({ workspace, tell }: Desk, { channel, message }: Place, { text, markdown, metadata, blocks = [] }: Content): void {
  const user = workspace.app.botUser;
  tell({
    kind: "posted",
    message: addMessage(workspace, { channel, threadTs: message?.threadTs, user, text, markdown, blocks, metadata }),
  });
}
