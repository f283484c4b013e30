import { type About, requireConversation, requireMessage } from "./acts.ts";
import { type Activity, type Attempt, type Delivered, isSuccess, type SendOptions, sendOnce } from "./deliver.ts";
import type { Desk } from "./desk.ts";
import type { Message } from "./message.ts";
import type { Post } from "./post.ts";
import { type Button, buttonsOf, fileConsent, toFeedback } from "./show.ts";
import type { Tenant } from "./tenant.ts";
import { toBase } from "./wire.ts";

export interface CardClick extends About {
  /** The title of the button. */
  readonly title: string;
  /** What was put into the card's inputs, by their ids. */
  readonly inputs?: Readonly<Record<string, unknown>>;
}

export interface FeedbackClick extends About {
  readonly reaction: "like" | "dislike";
  /** What was typed into the box that opens. */
  readonly words?: string;
}

/** What an `Action.Submit` or an invoke came to: for an invoke one attempt, with the answer. */
export interface Clicked {
  readonly delivered: readonly Delivered[];
  readonly answer: Attempt | undefined;
}

/** What people press under messages of the bot. Each act throws when there is no such thing to press. */
export interface Clicks {
  /** `Action.Execute` is an invoke whose answer may be a word or a new card for the clicker; `Action.Submit` is a message without text. */
  submitCard(click: CardClick): Promise<Clicked>;
  /** Thumbs. The invoke must be answered with an empty body: anything else is an error for the person, and a violation here. */
  clickFeedback(click: FeedbackClick): Promise<Clicked>;
  /** Allows or declines a file that the bot asked to upload. */
  answerFileConsent(about: About & { readonly accept: boolean }): Promise<Clicked>;
}

export interface ClicksOptions {
  readonly desk: Desk;
  readonly post: Post;
  readonly send: SendOptions;
}

export function createClicks({ desk, post, send }: ClicksOptions): Clicks {
  const { tenant } = desk;

  async function invoke(activity: Activity): Promise<Clicked> {
    const url = post.address();
    if (url === undefined) throw new Error("the simulator has no target for activities");
    const answer = await post.own(sendOnce(send, url, JSON.stringify(activity)));
    return { delivered: [{ type: "invoke", id: String(activity.id), statuses: [answer.status] }], answer };
  }

  return {
    async submitCard(click) {
      const message = requireShown(tenant, click);
      const button = buttonsOf(message).find(({ title }) => title === click.title);
      if (button === undefined) throw new Error(`there is no button ${click.title}`);
      if (button.type === "Action.OpenUrl") throw new Error("this button opens a page");
      const data = { ...Object(button.data), ...click.inputs };
      if (button.type === "Action.Submit") return { delivered: await post.send([toSubmit(tenant, click, data)]), answer: undefined };
      const clicked = await invoke(toExecute(tenant, click, button, data));
      readCardAnswer(desk, message, click.user, clicked.answer);
      return clicked;
    },
    async clickFeedback(click) {
      const message = requireShown(tenant, click);
      const kind = toFeedback(message.channelData);
      if (kind === undefined) throw new Error("there are no thumbs under this message");
      const clicked = await invoke(toFeedbackInvoke(tenant, click, kind));
      if (kind === "default" && clicked.answer?.body !== "") desk.violation("feedback was answered with a body");
      return clicked;
    },
    async answerFileConsent(about) {
      const message = requireShown(tenant, about);
      const card = message.attachments.find(({ contentType }) => contentType === fileConsent);
      if (card === undefined) throw new Error("there is no file to allow");
      const { acceptContext, declineContext }: { readonly acceptContext?: unknown; readonly declineContext?: unknown } = Object(
        card.content,
      );
      const value = about.accept
        ? { type: "fileUpload", action: "accept", context: acceptContext, uploadInfo: openUpload(tenant, card.name ?? "file") }
        : { type: "fileUpload", action: "decline", context: declineContext };
      return invoke(toInvoke(tenant, about, "fileConsent/invoke", value));
    },
  };
}

function requireShown(tenant: Tenant, about: About): Message {
  const message = requireMessage(requireConversation(tenant, about), about.id);
  if (message.deleted || message.stream?.state === "open") throw new Error("there is nothing to press on this message");
  return message;
}

function toInvoke(tenant: Tenant, about: About, name: string, value: unknown): Activity {
  const message = requireMessage(requireConversation(tenant, about), about.id);
  const base = toBase(tenant, message, about.user);
  return { ...base, id: `f:${tenant.messageId()}`, type: "invoke", name, value, replyToId: about.id };
}

function toExecute(tenant: Tenant, click: CardClick, { title, verb, id }: Button, data: unknown): Activity {
  const action = { type: "Action.Execute", title, ...(id !== undefined && { id }), ...(verb !== undefined && { verb }), data };
  return toInvoke(tenant, click, "adaptiveCard/action", { action, trigger: "manual" });
}

/** An ordinary message without text, as an answer to the card. */
function toSubmit(tenant: Tenant, click: CardClick, { msteams: _, ...value }: Readonly<Record<string, unknown>>): Activity {
  const message = requireMessage(requireConversation(tenant, click), click.id);
  return { ...toBase(tenant, message, click.user), id: tenant.messageId(), type: "message", value, replyToId: click.id };
}

function toFeedbackInvoke(tenant: Tenant, click: FeedbackClick, kind: "default" | "custom"): Activity {
  const { reaction, words = "" } = click;
  if (kind === "custom") {
    return toInvoke(tenant, click, "message/fetchTask", { data: { actionName: "feedback", actionValue: { reaction } } });
  }
  const actionValue = { reaction, feedback: JSON.stringify({ feedbackText: words }) };
  return toInvoke(tenant, click, "message/submitAction", { actionName: "feedback", actionValue });
}

/** The answer of a universal action is a word, or a card that takes the place of the old one for whoever clicked (docs: universal actions). */
function readCardAnswer(desk: Desk, message: Message, user: string, answer: Attempt | undefined): void {
  if (answer === undefined || !isSuccess(answer.status)) return;
  const { statusCode, type, value } = parse(answer.body);
  if (typeof statusCode !== "number" || typeof type !== "string")
    return desk.violation("a card action was answered without statusCode and type");
  if (type !== "application/vnd.microsoft.card.adaptive") return;
  message.refreshed.set(user, value);
  desk.tenant.changed();
}

function parse(body: string): { readonly statusCode?: unknown; readonly type?: unknown; readonly value?: unknown } {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {}; // no JSON holds no status code either, and that is what is told
  }
}

/** Where the allowed file goes: an address in the person's own store, which needs no token. */
function openUpload(tenant: Tenant, name: string): Readonly<Record<string, unknown>> {
  const id = `upload-${tenant.messageId()}`;
  tenant.uploads.set(id, name);
  return {
    contentUrl: `https://acme.sharepoint.test/personal/${encodeURIComponent(name)}`,
    name,
    uploadUrl: `${tenant.address}/uploads/${id}`,
    uniqueId: id,
    fileType: name.split(".").at(-1),
  };
}
