import type { ChatStopStreamArguments } from "@slack/web-api";
import type { SlackAddress } from "./address.ts";
import { slackErrorName } from "./errors.ts";
import type { SlackMessage } from "./render.ts";
import type { Web } from "./web.ts";

/** A message of ours in a thread of Slack. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

export interface Metadata {
  readonly event_type: string;
  readonly event_payload: { readonly delivery_id: string };
}

/** Opens an empty message that text can be appended to. Resolves to its ts. https://docs.slack.dev/reference/methods/chat.startStream */
export async function startStream(
  web: Web,
  address: SlackAddress & { readonly threadTs: string },
  recipient: { readonly recipient_team_id: string; readonly recipient_user_id: string } | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { channel, threadTs } = address;
  const answer = await web.call("chat.startStream", "post", { channel, thread_ts: threadTs, ...recipient }, signal);
  return answer.ts;
}

export async function appendStream(web: Web, place: Place, text: string, signal: AbortSignal): Promise<void> {
  await web.call("chat.appendStream", "edit", { ...place, markdown_text: text }, signal);
}

/** Ends a stream, with a last piece of text and metadata if given. */
export async function stopStream(
  web: Web,
  place: Place,
  last: Pick<ChatStopStreamArguments, "markdown_text" | "blocks"> & { readonly metadata?: Metadata },
  signal: AbortSignal,
): Promise<void> {
  await web.call("chat.stopStream", "edit", { ...place, ...last }, signal);
}

/** Whether Slack has closed the stream by itself: after five minutes, or because somebody stopped it. */
export function isStreamOver(error: unknown): boolean {
  const name = slackErrorName(error);
  return name === "message_not_in_streaming_state" || name === "stopped_by_user";
}

/** Puts a whole text in the place of a message, also of one that is still a stream. Rejects with `replacedGone` if that cannot be. */
export async function updateMessage(
  web: Web,
  place: Place,
  message: SlackMessage,
  metadata: Metadata | undefined,
  signal: AbortSignal,
): Promise<void> {
  const update = () => web.call("chat.update", "edit", { ...place, ...message, ...(metadata && { metadata }) }, signal);
  try {
    await update();
  } catch (error) {
    if (slackErrorName(error) !== "streaming_state_conflict") throw error;
    // A stream that another process left behind.
    await endQuietly(web, place, signal);
    await update();
  }
}

/** Ends a stream whose text is about to be replaced. That it is over already is as good. */
export async function endQuietly(web: Web, place: Place, signal: AbortSignal): Promise<void> {
  try {
    await stopStream(web, place, {}, signal);
  } catch (error) {
    // An answer of Slack's means that this stream cannot be stopped (any more); what follows replaces the message and shows if that fails.
    if (slackErrorName(error) === undefined) throw error;
  }
}
