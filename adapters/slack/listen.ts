import type { App } from "@slack/bolt";
import type { z } from "zod";
import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { IncomingEvent, Receipt } from "../../src/model/message.ts";
import { choiceAction, feedbackAction, fromActions, fromCommand, fromMessage, fromSessionStopped, type Reading } from "./inbound.ts";
import { toRawTexts } from "./said.ts";
import { mentionedUsers, type Names } from "./text.ts";
import { actionsSchema, commandSchema, messageEventSchema, sessionStoppedSchema } from "./wire.ts";

export interface Listening {
  readonly command: string | false;
  readonly clock: Clock;
  readonly log: Log;
  readonly reading: () => Reading;
  readonly names: (users: readonly string[]) => Promise<Names>;
  /** Resolves after the commit. */
  readonly receive: (event: IncomingEvent) => Promise<Receipt>;
  /** Shows a refusal to the author alone. Returns at once. */
  readonly refuse: (event: IncomingEvent, notice: string) => void;
}

/** Registers what we listen to. A listener resolves only when its event is committed; Slack is answered after that. */
export function listen(app: App, to: Listening): void {
  const take = async (event: IncomingEvent | undefined) => {
    if (!event) return;
    const receipt = await to.receive(event);
    if (receipt.kind === "refused") to.refuse(event, receipt.notice);
  };
  const onMessage = async (payload: unknown) => {
    const message = parse(messageEventSchema, payload, to.log);
    if (!message) return;
    const said = [message, ...(message.message ? [message.message] : [])].flatMap(toRawTexts).join(" ");
    const others = mentionedUsers(said).filter((user) => user !== to.reading().botUser);
    await take(fromMessage(message, to.reading(), others.length > 0 ? await to.names(others) : new Map()));
  };
  const onStopped = async (payload: unknown) => {
    const stopped = parse(sessionStoppedSchema, payload, to.log);
    if (stopped) await take(fromSessionStopped(stopped, to.reading()));
  };
  const onRemoved = async (_payload: unknown, event: string) => {
    to.log.error({ event }, "the slack app was removed from the workspace: install it again and set the new token");
  };
  const events = new Map<string, (payload: unknown, event: string) => Promise<void>>([
    ["app_mention", onMessage],
    ["message", onMessage],
    ["agent_session_stopped", onStopped],
    ["app_uninstalled", onRemoved],
    ["tokens_revoked", onRemoved],
  ]);
  // One listener for all of them: Bolt goes through a chain of its own for each that there is, whatever has come.
  app.event(/^/, async ({ event }) => events.get(event.type)?.(event, event.type));
  app.action(new RegExp(`^(${feedbackAction}$|${choiceAction})`), async ({ body, ack }) => {
    const actions = parse(actionsSchema, body, to.log);
    if (actions) await take(fromActions(actions, to.reading()));
    await ack();
  });
  if (to.command !== false) app.command(to.command, async ({ body, ack }) => ack(toSelf(await onCommand(body, to))));
}

/** What the person is to read at once, if anything. */
async function onCommand(body: unknown, to: Listening): Promise<string | undefined> {
  const usage = `Say it in the thread: \`@bot stop\`, \`@bot new\`, \`@bot status\` or \`@bot help\`, with <@${to.reading().botUser}> for \`@bot\`.`;
  const command = parse(commandSchema, body, to.log);
  const event = command && fromCommand(command, to.reading(), to.clock.now());
  if (!event) return usage;
  const receipt = await to.receive(event);
  if (receipt.kind === "refused") return receipt.notice;
  return receipt.kind === "ignored" ? usage : undefined;
}

function toSelf(text: string | undefined): { readonly response_type: "ephemeral"; readonly text: string } | undefined {
  return text === undefined ? undefined : { response_type: "ephemeral", text };
}

/** Undefined for what Slack does not send: it is dropped, for sending it again would not make it better. */
function parse<T>(schema: z.ZodType<T>, payload: unknown, log: Log): T | undefined {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  log.warn({ fields: parsed.error.issues.map((issue) => issue.path.join(".")) }, "slack sent something that cannot be read: dropped");
  return undefined;
}
