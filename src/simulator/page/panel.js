import { drawList, drawParts, element } from "./draw.js";
import { at, now, place, post } from "./state.js";

/** What is behind the scenes: the bridge's process, faults, and the ledger's rows of the conversation that is open. */
let open = sessionStorage.getItem("panel") === null ? innerWidth >= 1100 : sessionStorage.getItem("panel") === "open";
let latest;
let loading = false;
let stale = false;

export function showPanel(wanted) {
  open = wanted;
  sessionStorage.setItem("panel", open ? "open" : "closed");
  drawPanel();
}

export function drawPanel() {
  const shown = open && now.view.backstage;
  at("panel").hidden = !shown;
  at("panel-toggle").hidden = !now.view.backstage;
  at("panel-toggle").setAttribute("aria-expanded", String(shown));
  if (shown) load();
}

async function load() {
  stale = true;
  if (loading) return;
  loading = true;
  while (stale) {
    stale = false;
    const { platform, room, thread } = place;
    const response = await fetch(`/api/backstage?${new URLSearchParams({ platform, room, thread })}`).catch(() => undefined);
    if (response?.ok) draw(await response.json());
  }
  loading = false;
}

function draw(backstage) {
  latest = { ...backstage, readAt: Date.now() };
  drawBridge(latest.bridge);
  drawList(
    at("switches"),
    latest.switches.map((one) => ({ ...one, key: one.id })),
    drawSwitch,
  );
  drawOn(latest.switches);
  drawStory();
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

function drawBridge({ state, pid, since, kills }) {
  const words = { running: `process ${pid}, up`, starting: "starting", killed: "dead" }[state];
  const killed = kills === 0 ? "" : `; killed ${kills === 1 ? "once" : `${kills} times`}`;
  at("bridge").dataset.state = state;
  at("bridge").textContent = `Bridge: ${words} since ${clock.format(since)}${killed}`;
}

function drawSwitch({ id, label, hint, on }, known) {
  const flip = (event) => post("/api/switch", { id, on: event.currentTarget.getAttribute("aria-checked") !== "true" });
  const button = known ?? element("button", { type: "button", title: hint, "aria-description": hint, click: flip }, label);
  if (on !== null) {
    button.setAttribute("role", "switch");
    button.setAttribute("aria-checked", String(on));
  }
  return button;
}

/** What is wrong now. */
function drawOn(switches) {
  const words = switches
    .filter(({ on }) => on)
    .map(({ hint }) => hint)
    .join(" ");
  if (at("on").textContent !== words) at("on").textContent = words;
}

function drawStory() {
  const { story, readAt } = latest;
  const empty = at("story-empty");
  empty.hidden = story !== null && story.length > 0;
  empty.textContent =
    story === null
      ? "Open a thread. What the bridge commits for it appears here while it happens: never what was said, only ids, states and times."
      : "The bridge has heard nothing here yet.";
  const items = (story ?? []).map((hop, index, all) => ({
    ...hop,
    key: hop.id,
    first: all[0].at,
    took: took(hop, readAt),
    begins: hop.reference !== all[index - 1]?.reference,
  }));
  drawList(at("story"), items, drawHop, { scrolls: at("ledger") });
}

function drawHop(hop, known) {
  const host = known ?? element("li");
  host.className = `hop ${hop.kind}`;
  host.dataset.state = hop.state;
  return drawParts(host, [
    ["head", [hop.title, hop.state], () => drawHead(hop)],
    ["times", [hop.at, hop.took, hop.attempts], () => drawTimes(hop)],
    ["facts", [hop.begins && hop.reference, hop.facts, hop.error, hop.message], () => drawFacts(hop)],
  ]);
}

function drawHead({ title, state }) {
  return element("div", { class: "head" }, element("strong", {}, title), " ", element("span", { class: "state" }, state));
}

function drawTimes({ at: ms, first, took: words, attempts }) {
  const tries = attempts > 1 ? ` · attempt ${attempts}` : "";
  const after = ms === first ? clock.format(ms) : `+ ${duration(ms - first)}`;
  const time = element("time", { datetime: new Date(ms).toISOString(), title: clock.format(ms) }, after);
  return element("div", { class: "times" }, time, ` · ${words}${tries}`);
}

function took({ at: ms, settledAt, state }, readAt) {
  if (settledAt !== undefined) return `took ${duration(settledAt - ms)}`;
  return `${state === "waiting" ? "waiting" : "for"} ${duration(Math.max(0, readAt - ms))}`;
}

function duration(ms) {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

function drawFacts({ reference, begins, facts, error, message }) {
  const rows = [...(begins ? [["reference", reference]] : []), ...facts, ...(error === undefined ? [] : [["error", error]])];
  const list = rows.flatMap(([label, value]) => [element("dt", {}, label), element("dd", { title: value }, value)]);
  const show = message && element("button", { type: "button", class: "plain", click: () => point(message) }, "Show it");
  return element("div", {}, element("dl", {}, ...list), show ?? "");
}

/** Shows the message that a post became. */
function point(message) {
  const found = [...document.querySelectorAll(".message")]
    .filter(({ dataset, offsetParent }) => dataset.id === message && offsetParent !== null)
    .at(-1);
  if (found === undefined) return;
  found.scrollIntoView({ block: "center" });
  found.classList.add("pointed");
  setTimeout(() => found.classList.remove("pointed"), 2_000);
}

/** What is open grows older while nothing happens, and rows settle a little after what is seen. */
setInterval(() => {
  if (at("panel").hidden || document.hidden || !latest?.story?.some(({ settledAt }) => settledAt === undefined)) return;
  load();
}, 1_000);

// What scrolls must scroll by keyboard as well.
at("ledger").tabIndex = 0;

at("panel-toggle").addEventListener("click", () => {
  showPanel(!open);
  if (open) at("panel-name").focus();
});
at("panel-close").addEventListener("click", () => {
  showPanel(false);
  at("panel-toggle").focus();
});
