import { drawFace, drawList, drawParts, drawSign, drawText, drawTime, element, isAtEnd } from "./draw.js";
import { isUnread } from "./rooms.js";
import { act, addressOf, at, nameOf, now } from "./state.js";

/** The message that is being rewritten. */
let editing;

export function drawMessages(list, messages, inRoom) {
  const { view } = now;
  const context = { inRoom, platform: view.platform, room: view.room.id };
  const items = messages.map((message, index) => ({
    ...message,
    ...context,
    key: `${view.platform} ${view.room.id} ${message.id}`,
    editing: editing === message.id,
    again: isSameBreath(messages[index - 1], message),
    threads: view.room.threads,
    open: inRoom && view.thread?.root === message.id,
    unread: view.thread?.root !== message.id && isUnread(view, view.room.id, message.newestReply, message.id),
  }));
  const below = document.querySelector(`.newer[data-of="${list.id}"]`);
  const scroll = list.dataset.place === placeOf(view, inRoom);
  list.dataset.place = placeOf(view, inRoom);
  const onBelow = (more) => {
    if (more) below.hidden = false;
  };
  drawList(list, items, drawMessage, { onBelow });
  if (!scroll) {
    list.scrollTop = list.scrollHeight;
    below.hidden = true;
  }
}

const placeOf = (view, inRoom) => JSON.stringify([view.platform, view.room.id, inRoom ? "" : view.thread?.root]);

/** Of the same person, soon after: the name need not stand there again. */
function isSameBreath(before, message) {
  return (
    before !== undefined && before.author.id === message.author.id && message.at - before.at < 180_000 && before.private === message.private
  );
}

function drawMessage(item, known) {
  const host = known ?? element("li");
  const mine = item.author.id === now.view.user.id;
  const marks = {
    again: item.again,
    streaming: item.streaming,
    private: item.private,
    gone: item.deleted,
    mine,
    open: item.open,
    app: item.author.app,
  };
  host.className = ["message", ...Object.keys(marks).filter((name) => marks[name])].join(" ");
  host.dataset.id = item.id;
  const parts = [
    ["by", [item.author, item.at, item.edited, item.tags, item.private], () => drawBy(item)],
    item.editing ? ["edit", item.id, () => drawEdit(item)] : ["text", item.text, () => drawText(item.text, nameOf)],
    item.steps.length > 0 && ["steps", item.steps, () => drawSteps(item.steps)],
    item.files.length > 0 && ["files", item.files, () => drawFiles(item)],
    item.sources.length > 0 && ["sources", item.sources, () => drawSources(item.sources)],
    item.fields.length + item.buttons.length > 0 && ["buttons", [item.fields, item.buttons], () => drawButtons(item)],
    item.reactions.length > 0 && ["reactions", item.reactions, () => drawReactions(item.reactions)],
    item.inRoom && item.threads && !item.private && ["replies", [item.replies, item.working, item.unread], () => drawReplies(item)],
    item.mine && !item.deleted && !item.editing && ["own", item.id, () => drawOwn(item)],
  ];
  return drawParts(
    host,
    parts.filter((part) => part),
  );
}

function drawBy({ author, at: ms, edited, tags, private: alone }) {
  return element(
    "div",
    { class: "by" },
    drawFace(author.name, author.app ? "app" : ""),
    element("strong", {}, author.name),
    author.app ? element("span", { class: "tag" }, "app") : undefined,
    drawTime(ms),
    edited ? element("span", { class: "soft" }, "(edited)") : undefined,
    alone ? element("span", { class: "tag" }, "only visible to you") : undefined,
    ...tags.map((tag) => element("span", { class: "tag" }, tag)),
  );
}

function drawSteps(steps) {
  return element(
    "ul",
    { class: "steps" },
    ...steps.map(({ title, state }) => element("li", { "data-state": state }, element("span", { class: "soft" }, `${state}: `), title)),
  );
}

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function drawFiles({ platform, files }) {
  return element("ul", { class: "files" }, ...files.map((file) => element("li", {}, drawFile(platform, file))));
}

function drawFile(platform, { id, name, mediaType, size }) {
  const facts = element(
    "span",
    { class: "soft" },
    [mediaType, size === undefined ? "" : bytes(size)].filter((word) => word !== "").join(" · "),
  );
  if (id === "") return element("span", { class: "file" }, element("span", { class: "name" }, name), facts);
  const href = `/api/file?${new URLSearchParams({ platform, id })}`;
  const picture = pictures.includes(mediaType) ? element("img", { src: href, alt: `Picture ${name}`, loading: "lazy" }) : undefined;
  return element("a", { class: "file", href, download: name }, picture, element("span", { class: "name" }, name), facts);
}

function bytes(size) {
  if (size < 1_000) return `${size} bytes`;
  return size < 1_000_000 ? `${Math.round(size / 100) / 10} KB` : `${Math.round(size / 100_000) / 10} MB`;
}

function drawSources(sources) {
  const link = ({ label, url }) =>
    url && /^https?:\/\//.test(url) ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label) : label;
  return element("ol", { class: "sources", "aria-label": "Sources" }, ...sources.map((source) => element("li", {}, link(source))));
}

function drawButtons(item) {
  const form = element(
    "form",
    { class: "acts" },
    ...item.fields.map((field) => drawField(field, item.id)),
    ...item.buttons.map((button) => drawButton(item, button)),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

export function drawField({ id, label, kind, choices = [], required }, owner) {
  const name = { name: id, id: `field ${owner} ${id}`.replaceAll(/\s+/g, "-"), required };
  const box =
    kind === "choice"
      ? element("select", name, ...choices.map(({ value, label: words }) => element("option", { value }, words)))
      : kind === "long"
        ? element("textarea", { ...name, rows: 3 })
        : element("input", { ...name, type: "text" });
  return element("div", { class: "field" }, element("label", { for: name.id }, label), box);
}

function drawButton(item, { id, label, kind, url, pressed, disabled }) {
  if (kind === "link")
    return /^https?:\/\//.test(url ?? "")
      ? element("a", { class: "button", href: url, target: "_blank", rel: "noopener noreferrer" }, label)
      : element("span", {}, label);
  const feedback = kind === "up" || kind === "down";
  const click = (event) => {
    const inputs = Object.fromEntries(new FormData(event.currentTarget.form));
    act({ kind: "click", room: item.room, message: item.id, button: id, inputs }).then((done) => done && feedback && thank(event.target));
  };
  return element(
    "button",
    {
      type: "button",
      class: kind === "plain" ? "act" : `act ${kind}`,
      disabled,
      "aria-pressed": pressed ? "true" : undefined,
      "aria-label": feedback ? label : undefined,
      title: feedback ? label : undefined,
      click,
    },
    feedback ? drawSign("thumb") : label,
  );
}

/** Slack and Teams answer nothing to a thumb: the page says that it was taken. */
function thank(button) {
  for (const other of button.form.querySelectorAll(".up, .down")) other.removeAttribute("aria-pressed");
  button.setAttribute("aria-pressed", "true");
}

function drawReactions(reactions) {
  return element("div", { class: "reactions" }, ...reactions.map((reaction) => element("span", { class: "tag" }, reaction)));
}

function drawReplies({ id, replies, working, unread }) {
  const count = replies === 0 ? "Reply" : replies === 1 ? "1 reply" : `${replies} replies`;
  const words = [count, working ? "working…" : "", unread ? "new" : ""].filter((word) => word !== "").join(" · ");
  return element("a", { class: unread ? "replies unread" : "replies", href: addressOf({ thread: id }) }, words);
}

function drawOwn({ id, room }) {
  const rewrite = () => {
    editing = id;
    redraw();
  };
  return element(
    "div",
    { class: "own", role: "group", "aria-label": "Your message" },
    element("button", { type: "button", class: "plain", click: rewrite }, "Edit"),
    element("button", { type: "button", class: "plain", click: () => act({ kind: "remove", room, message: id }) }, "Delete"),
  );
}

function drawEdit({ id, room, text }) {
  const typed = text.replaceAll(/<@([\w:.-]+)>/g, (_mention, who) => `@${nameOf(who)}`);
  const box = element("textarea", { rows: 3, maxlength: 40_000, "aria-label": "Edit your message" });
  box.value = typed;
  const close = () => {
    editing = undefined;
    redraw();
  };
  const save = async (event) => {
    event.preventDefault();
    if (box.value.trim() === "" || (await act({ kind: "edit", room, message: id, text: box.value }))) close();
  };
  const form = element(
    "form",
    { class: "edit", submit: save },
    box,
    element("button", { type: "submit" }, "Save"),
    element("button", { type: "button", click: close }, "Cancel"),
  );
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && (event.key !== "Enter" || event.shiftKey || event.target !== box)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") close();
    else form.requestSubmit();
  });
  queueMicrotask(() => box.focus());
  return form;
}

let redraw = () => undefined;
/** Draws the messages again when nothing came from the demo. */
export function onRedraw(draw) {
  redraw = draw;
}

for (const button of document.querySelectorAll(".newer")) {
  const list = at(button.dataset.of);
  // What scrolls must scroll by keyboard as well.
  list.tabIndex = 0;
  button.addEventListener("click", () => list.scrollTo({ top: list.scrollHeight }));
  list.addEventListener("scroll", () => {
    list.dataset.end = String(isAtEnd(list));
    if (isAtEnd(list)) button.hidden = true;
  });
  // A picture needs its room only once it is there.
  const keepEnd = () => {
    if (list.dataset.end !== "false") list.scrollTop = list.scrollHeight;
  };
  list.addEventListener("load", keepEnd, true);
}
