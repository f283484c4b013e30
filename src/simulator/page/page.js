import { createComposer } from "./composer.js";
import { drawDialog } from "./dialog.js";
import { drawText, element } from "./draw.js";
import { drawMessages, onRedraw } from "./messages.js";
import { drawPanel } from "./panel.js";
import { drawRooms, markRead } from "./rooms.js";
import { act, addressOf, at, go, load, nameOf, now, onView, place, trouble } from "./state.js";

const frame = document.querySelector(".frame");

const composer = createComposer({
  ...{ form: at("composer"), area: at("room"), id: "composer-text", label: "Message", send: "Send" },
  thread: () => "",
  async said({ message, heard }) {
    if (message && heard && now.view.room.threads) await openThread(message);
  },
});
const answer = createComposer({
  ...{ form: at("answer"), area: at("thread"), id: "answer-text", label: "Reply", send: "Reply" },
  thread: () => place.thread,
  said: () => undefined,
});

async function openThread(thread) {
  await go({ thread });
  answer.focus();
}

function draw(view) {
  drawRooms(view);
  const name = view.room.kind === "channel" ? `# ${view.room.name}` : view.room.name;
  at("room-name").textContent = name;
  document.title = `${name} · ${view.name} · a2a-chat-bridge demo`;
  drawHint(view);
  drawMessages(at("messages"), view.shown.messages, true);
  at("empty").hidden = view.shown.messages.length > 0;
  at("empty").textContent = `Nothing was said in ${name} yet. Take one of the words above, or write your own below.`;
  drawStatus(view, view.shown, at("room-status"), at("room-stop"));
  composer.draw(view, view.room.kind === "direct" ? `to ${view.room.name}` : `in ${name}`);
  drawThread(view);
  drawDialog(view);
  drawPanel();
  markRead(view);
  announce(view);
  lookAgain(view);
}

/** Some signs go away by themselves, and nobody tells. */
function lookAgain({ shown, thread }) {
  clearTimeout(lookAgain.timer);
  const signs = shown.status !== "" || (thread !== undefined && thread.status !== "") || shown.messages.some(({ working }) => working);
  if (signs) lookAgain.timer = setTimeout(load, 2_500);
}

/** What is special here, and what to try. */
function drawHint({ room }) {
  const { hint } = room;
  at("hint").hidden = hint === undefined;
  if (hint === undefined || at("hint").dataset.room === addressOf({ room: room.id })) return;
  at("hint").dataset.room = addressOf({ room: room.id });
  const tries = hint.tries.map((words) => element("button", { type: "button", class: "try", click: () => tryOut(words) }, words));
  at("hint").replaceChildren(drawText(hint.hint, nameOf), element("div", { class: "tries" }, element("span", {}, "Try:"), ...tries));
}

function tryOut(words) {
  const { thread } = now.view;
  (thread === undefined ? composer : answer).write(words);
}

function drawStatus(view, shown, line, stop) {
  const words = shown.status === "" ? "" : `${view.app.name} ${shown.status}`;
  if (line.textContent !== words) line.textContent = words;
  stop.hidden = !shown.stop;
}

function drawThread(view) {
  const { thread } = view;
  at("thread").hidden = thread === undefined;
  frame.classList.toggle("has-thread", thread !== undefined);
  // Whoever opens a thread by its link in the room goes on in it.
  if (thread && document.activeElement?.matches(`.replies[href="${addressOf({ thread: thread.root })}"]`)) answer.focus();
  if (thread === undefined) return;
  at("thread-name").replaceChildren("Thread ", element("small", {}, at("room-name").textContent));
  drawMessages(at("replies"), [...thread.messages, ...whispersBeside(view, thread)], false);
  drawStatus(view, thread, at("status"), at("stop"));
  answer.draw(view, "in this thread");
}

/** Where there is no room for the room, what only this person was shown there since the thread began must not be missed. */
function whispersBeside({ shown }, { messages: [root] }) {
  if (at("room").offsetParent !== null) return [];
  const tag = `in ${at("room-name").textContent}`;
  return shown.messages.filter((message) => message.private && message.at >= root.at).map((message) => ({ ...message, tags: [tag] }));
}

/** What the app has said since the last look is told once it is whole; words that grow are not read out. */
const told = new Set();
let listening = "";
function announce(view) {
  const here = JSON.stringify([view.platform, view.room.id, view.thread?.root]);
  const whole = [...view.shown.messages, ...(view.thread?.messages ?? [])].filter(({ author, streaming }) => author.app && !streaming);
  const fresh = whole.filter(({ id }) => !told.has(`${view.platform} ${view.room.id} ${id}`));
  for (const { id } of fresh) told.add(`${view.platform} ${view.room.id} ${id}`);
  const working = view.shown.status || view.thread?.status || "";
  if (here === listening && fresh.length > 0) at("said").textContent = `${view.app.name}: ${fresh.at(-1).text.slice(0, 200)}`;
  else if (here === listening && working !== "" && !announce.working) at("said").textContent = `${view.app.name} ${working}`;
  announce.working = working !== "";
  listening = here;
}

onView(draw);
onRedraw(() => draw(now.view));
const stop = (thread) => act({ kind: "stop", room: now.view.room.id, ...(thread && { thread }) });
at("room-stop").addEventListener("click", () => stop());
at("stop").addEventListener("click", () => stop(place.thread));
at("close").addEventListener("click", closeThread);
at("copy").addEventListener("click", async (event) => {
  const button = event.currentTarget;
  const copied = await navigator.clipboard.writeText(location.href).then(
    () => true,
    () => false,
  );
  if (!copied) return trouble("The browser does not allow to copy. The address of this page is the link.");
  button.textContent = "Copied";
  at("said").textContent = "The link to this thread was copied.";
  setTimeout(() => {
    button.textContent = "Copy link";
  }, 2_000);
});
at("show-rooms").addEventListener("click", () => {
  frame.classList.toggle("shows-rooms");
  at("rooms").querySelector("[aria-current]")?.focus();
});
at("rooms").addEventListener("click", () => frame.classList.remove("shows-rooms"));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && place.thread !== "" && !at("dialog").open) closeThread();
});

/** The focus goes back to where the thread hangs. */
async function closeThread() {
  const { thread } = place;
  await go({ thread: "" });
  const message = [...at("messages").children].find(({ dataset }) => dataset.id === thread);
  (message?.querySelector(".replies") ?? at("composer-text")).focus();
}

const news = new EventSource("/api/news");
news.addEventListener("changed", load);
news.addEventListener("trouble", (event) => trouble(JSON.parse(event.data)));
load();
