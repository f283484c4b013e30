import { drawList, drawText, element } from "./draw.js";

const at = (id) => document.getElementById(id);
const token = document.querySelector('meta[name="page-token"]').content;

/** Where we are: channel, thread and person. The first two stand in the address, so that a reload leads back. */
const place = { channel: "", thread: "", user: "", ...placeOfAddress() };
let view;
let loading = false;
let stale = false;

function placeOfAddress() {
  const [channel = "", thread = ""] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return { channel, thread };
}

function go(next) {
  Object.assign(place, next);
  history.replaceState(null, "", `#${encodeURIComponent(place.channel)}/${encodeURIComponent(place.thread)}`);
  return load();
}

/** Looks the workspace up and draws it. Calls that come while one is under way make one more. */
async function load() {
  stale = true;
  if (loading) return;
  loading = true;
  try {
    while (stale) {
      stale = false;
      const response = await fetch(`/api/view?${new URLSearchParams(place)}`);
      if (!response.ok) throw new Error(`the demo answered ${response.status}`);
      view = await response.json();
      Object.assign(place, { channel: view.channel, user: view.user });
      draw();
    }
  } catch {
    trouble("The demo cannot be reached. Is it still running?");
  } finally {
    loading = false;
  }
}

async function act(what) {
  const headers = { "content-type": "application/json", "x-page-token": token };
  try {
    const response = await fetch("/api/act", { method: "POST", headers, body: JSON.stringify(what) });
    const result = await response.json();
    if (response.ok) return result;
    trouble(result.error);
  } catch {
    trouble("The demo cannot be reached. Is it still running?");
  }
  return undefined;
}

function trouble(words) {
  at("trouble").textContent = words;
  at("trouble").hidden = false;
  clearTimeout(trouble.timer);
  trouble.timer = setTimeout(() => {
    at("trouble").hidden = true;
  }, 10_000);
}

function nameOf(id) {
  if (id === view.bot.id) return view.bot.name;
  return view.people.find((person) => person.id === id)?.name ?? id;
}

function draw() {
  at("team").textContent = view.team;
  at("mention-name").textContent = `Mention @${view.bot.name}`;
  drawPeople();
  drawChannels();
  const channel = view.channels.find(({ id }) => id === view.channel);
  at("room-name").textContent = channel ? nameOfChannel(channel) : "";
  drawHints(channel);
  drawList(at("messages"), [...view.messages.map(keyed), ...view.private.map(keyedPrivately)], (item) => drawMessage(item, true));
  drawThread();
}

const isDirect = () => view.channels.find(({ id }) => id === view.channel)?.kind === "im";

/** What is special here, what to try, and who is heard without a mention. */
function drawHints(channel) {
  const { hint } = view;
  at("hint").hidden = hint === undefined;
  at("mention-choice").hidden = channel?.kind === "im";
  at("thread-hint").textContent =
    channel?.kind === "im" ? "" : `Whoever began this thread goes on without a mention; others mention @${view.bot.name}.`;
  if (hint === undefined || at("hint").dataset.channel === view.channel) return;
  at("hint").dataset.channel = view.channel;
  const tries = hint.tries.map((words) => element("button", { type: "button", class: "try", click: () => tryOut(words) }, words));
  at("hint").replaceChildren(drawText(hint.hint, nameOf), element("div", { class: "tries" }, element("span", {}, "Try:"), ...tries));
}

/** Puts the words where the person can see and change them before they are sent. */
function tryOut(words) {
  const field = place.thread === "" ? at("composer-text") : at("answer-text");
  field.value = words;
  field.focus();
}

const keyed = (message) => ({ ...message, key: message.ts });
const keyedPrivately = (message) => ({ ...message, key: message.ts, private: true });
const nameOfChannel = ({ kind, name }) => (kind === "im" ? name : kind === "private" ? `🔒 ${name}` : `# ${name}`);

function drawPeople() {
  const select = at("person");
  if (select.children.length !== view.people.length) {
    select.replaceChildren(...view.people.map(({ id, name }) => element("option", { value: id }, name)));
  }
  select.value = view.user;
}

function drawChannels() {
  const items = view.channels.map((channel) => ({ ...channel, key: channel.id, current: channel.id === view.channel }));
  drawList(at("channels"), items, (item) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", "aria-current": item.current ? "page" : undefined, click: () => enter(item.id) },
        nameOfChannel(item),
      ),
    ),
  );
}

function enter(channel) {
  at("unheard").hidden = true;
  return go({ channel, thread: "" });
}

function drawThread() {
  const { thread } = view;
  at("thread").hidden = thread === undefined;
  if (thread === undefined) return;
  drawList(at("replies"), [...thread.messages.map(keyed), ...thread.private.map(keyedPrivately)], (item) => drawMessage(item, false));
  const status = thread.status === "" ? "" : `${view.bot.name} ${thread.status}`;
  if (at("status").textContent !== status) at("status").textContent = status;
  at("stop").hidden = !thread.stopButton;
}

function drawMessage(item, inRoom) {
  if (item.private) {
    const note = element("span", { class: "tag" }, "only visible to you");
    return element("li", { class: "message private" }, element("div", { class: "by" }, note), drawText(item.text, nameOf));
  }
  return element(
    "li",
    { class: item.streaming ? "message streaming" : "message" },
    drawBy(item),
    drawText(item.text, nameOf),
    ...item.tasks.map((task) => element("div", { class: "hint" }, `${task.title}: ${task.status.replaceAll("_", " ")}`)),
    drawActs(item, inRoom),
  );
}

function drawBy(item) {
  const time = new Date(Number(item.ts) * 1000);
  return element(
    "div",
    { class: "by" },
    element("strong", {}, item.name),
    item.bot ? element("span", { class: "tag" }, "app") : undefined,
    element("time", { datetime: time.toISOString() }, time.toLocaleTimeString()),
    item.edited ? element("span", { class: "hint" }, "(edited)") : undefined,
    ...item.reactions.map((name) => element("span", { class: "tag" }, `:${name}:`)),
  );
}

function drawActs(item, inRoom) {
  const buttons = item.buttons.map(({ label, actionId, value }) =>
    element(
      "button",
      { type: "button", click: () => act({ kind: "click", channel: view.channel, user: view.user, ts: item.ts, actionId, value }) },
      label,
    ),
  );
  const count = item.replyCount ?? 0;
  const words = `${count === 0 ? "Reply" : count === 1 ? "1 reply" : `${count} replies`}${item.working ? " · working…" : ""}`;
  const open = inRoom ? [element("button", { type: "button", class: "plain", click: () => openThread(item.ts) }, words)] : [];
  return element("div", { class: "acts" }, ...buttons, ...open);
}

async function openThread(thread) {
  await go({ thread });
  at("answer-text").focus();
}

function writes(form, field, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text === "") return;
    field.value = "";
    const result = await send(text);
    if (result === undefined) field.value = text;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

writes(at("composer"), at("composer-text"), async (typed) => {
  const named = typed.includes(`@${view.bot.name}`) || typed.startsWith("/");
  const heard = named || isDirect() || at("mention").checked;
  const text = heard && !named && !isDirect() ? `@${view.bot.name} ${typed}` : typed;
  at("unheard").hidden = heard;
  at("unheard").textContent =
    `That was for people only: the app hears you in a channel when you mention it. Tick “Mention @${view.bot.name}”.`;
  const result = await act({ kind: "say", channel: view.channel, user: view.user, text });
  if (result?.ts && heard) await openThread(result.ts);
  return result;
});

writes(at("answer"), at("answer-text"), (text) =>
  act({ kind: "say", channel: view.channel, user: view.user, text, threadTs: view.thread.root }),
);

at("mention").addEventListener("change", () => {
  at("unheard").hidden = true;
  at("composer-text").focus();
});
at("stop").addEventListener("click", () => act({ kind: "stop", channel: view.channel, user: view.user, threadTs: view.thread.root }));
at("close").addEventListener("click", () => go({ thread: "" }));
at("person").addEventListener("change", (event) => go({ user: event.target.value }));
addEventListener("hashchange", () => go(placeOfAddress()));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && place.thread !== "") go({ thread: "" });
});

const news = new EventSource("/api/news");
news.addEventListener("changed", load);
news.addEventListener("trouble", (event) => trouble(JSON.parse(event.data)));
load();
