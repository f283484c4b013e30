import { drawList, drawSign, element } from "./draw.js";
import { addressOf, at, now, speakAs } from "./state.js";

/** When each room was last looked at, by platform, room and person; kept while this window lives. */
const seen = new Map(JSON.parse(sessionStorage.getItem("seen") ?? "[]"));

const keyOf = (platform, room, user) => JSON.stringify([platform, room, user]);

/** What has come in a room, or in a thread of it, since this person last looked there. */
export function isUnread(view, room, newest, thread = "") {
  return newest > (seen.get(keyOf(view.id ?? view.platform, thread === "" ? room : `${room}/${thread}`, view.user.id)) ?? 0);
}

/** What stands before the person now is read, if the window is looked at. */
export function markRead(view) {
  if (document.hidden) return;
  const read = (name, ms) =>
    seen.set(keyOf(view.platform, name, view.user.id), Math.max(ms, seen.get(keyOf(view.platform, name, view.user.id)) ?? 0));
  read(view.room.id, view.room.newest ?? 0);
  if (view.thread) read(`${view.room.id}/${view.thread.root}`, Math.max(0, ...view.thread.messages.map((message) => message.at)));
  sessionStorage.setItem("seen", JSON.stringify([...seen]));
}

const signs = { channel: "#", direct: "@", group: "&", forum: "≡" };

export function drawRooms(view) {
  document.querySelector(".frame").dataset.platform = view.platform;
  at("home").textContent = view.home;
  at("transport").textContent = `${view.name}: ${view.transport}`;
  drawPeople(view);
  drawList(
    at("platforms"),
    view.platforms.map((platform) => toRail(view, platform)),
    drawPlatform,
  );
  const sections = [...new Set(view.rooms.map(({ section }) => section))];
  drawList(
    at("rooms"),
    sections.map((section) => ({
      key: section,
      rooms: view.rooms.filter((room) => room.section === section).map((room) => toEntry(view, room)),
    })),
    drawSection,
  );
}

const toRail = (view, platform) => ({
  key: platform.id,
  name: platform.name,
  current: platform.id === view.platform,
  unread: platform.id !== view.platform && platform.rooms.some((room) => isUnread(platform, room.id, room.newest)),
});

const toEntry = (view, { id, name, kind, newest }) => ({
  ...{ key: id, name, kind, platform: view.platform, current: id === view.room.id },
  unread: id !== view.room.id && isUnread(view, id, newest),
});

function drawPlatform(item, known) {
  const link = known?.firstElementChild ?? element("a", { href: addressOf({ platform: item.key, room: "" }) });
  link.replaceChildren(
    element("span", { class: "badge", "data-platform": item.key, "aria-hidden": "true" }, item.name.charAt(0)),
    element("span", {}, item.name),
    item.unread ? dot() : "",
  );
  mark(link, item);
  return known ?? element("li", {}, link);
}

function drawSection(item, known) {
  const list = known?.lastElementChild ?? element("ul");
  drawList(list, item.rooms, drawEntry);
  return known ?? element("section", {}, element("h3", {}, item.key), list);
}

function drawEntry(item, known) {
  const link = known?.firstElementChild ?? element("a", { href: addressOf({ platform: item.platform, room: item.key }) });
  link.replaceChildren(
    element("span", { class: "sign", "aria-hidden": "true" }, signs[item.kind] ?? drawSign("lock")),
    element("span", { class: "name" }, item.name),
    item.unread ? dot() : "",
  );
  mark(link, item);
  return known ?? element("li", {}, link);
}

const dot = () => element("span", { class: "dot" }, element("span", { class: "unseen" }, "unread"));

/** One stop of the tab key for the whole list; arrows go on from there. */
function mark(link, { current, unread }) {
  link.tabIndex = current ? 0 : -1;
  link.classList.toggle("unread", unread);
  if (current) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

function drawPeople(view) {
  const select = at("person");
  const items = view.people.map(({ name, standing }) => ({
    key: name,
    label: name.includes(standing) || standing === "member" ? name : `${name} (${standing})`,
  }));
  drawList(select, items, ({ key, label }) => element("option", { value: key }, label));
  select.value = view.user.name;
}

/** Up, down, home and end move within a list of links. */
function rove(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const links = [...event.currentTarget.querySelectorAll("a")];
  const here = links.indexOf(document.activeElement);
  const next =
    event.key === "Home"
      ? 0
      : event.key === "End"
        ? links.length - 1
        : step && here >= 0
          ? (here + step + links.length) % links.length
          : undefined;
  if (next === undefined) return;
  event.preventDefault();
  links[next].focus();
}

for (const list of ["rail", "side"]) at(list).addEventListener("keydown", rove);
at("person").addEventListener("change", (event) => speakAs(event.target.value));
document.addEventListener("visibilitychange", () => now.view && markRead(now.view));
