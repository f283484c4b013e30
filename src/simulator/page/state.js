/** Where we are and what is seen there. The place stands in the address, so that a reload and a link lead back. */
export const place = { platform: "", room: "", thread: "", user: sessionStorage.getItem("person") ?? "", ...placeOfAddress() };

/** The newest view, once there is one. */
export const now = { view: undefined };

const token = document.querySelector('meta[name="page-token"]').content;
const drawers = [];
let loading = false;
let stale = false;

export const at = (id) => document.getElementById(id);

function placeOfAddress() {
  const [platform = "", room = "", thread = ""] = location.hash.slice(1).split("/").map(read);
  return { platform, room, thread };
}

function read(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return ""; // nobody's link of ours
  }
}

/** The address of a room, or of a thread in it. */
export function addressOf({ platform = place.platform, room = place.room, thread = "" }) {
  return `#${[platform, room, thread]
    .filter((part) => part !== "")
    .map(encodeURIComponent)
    .join("/")}`;
}

/** Calls back with each new view. */
export function onView(draw) {
  drawers.push(draw);
}

/** Goes elsewhere; the way back is the browser's. */
export function go(next) {
  Object.assign(place, next);
  const address = addressOf(place);
  if (address !== location.hash) history.pushState(null, "", address);
  return load();
}

export function speakAs(name) {
  sessionStorage.setItem("person", name);
  return go({ user: name });
}

/** Looks everything up and draws it. Calls that come while one is under way make one more. */
export async function load() {
  stale = true;
  if (loading) return;
  loading = true;
  try {
    while (stale) {
      stale = false;
      const wanted = String(new URLSearchParams(place));
      const response = await fetch(`/api/view?${wanted}`);
      if (!response.ok) throw new Error(`the demo answered ${response.status}`);
      const view = await response.json();
      // Whoever went elsewhere meanwhile is not taken back.
      if (wanted === String(new URLSearchParams(place))) show(view);
    }
  } catch (error) {
    console.debug(error);
    trouble("The demo cannot be reached. Is it still running?");
  } finally {
    loading = false;
  }
}

function show(view) {
  const own = view.platforms.find(({ id }) => id === view.platform);
  const room = own.rooms.find(({ id }) => id === view.room);
  now.view = { ...view, ...own, id: undefined, room: room ?? { id: "", name: "", kind: "channel", threads: false, mention: "never" } };
  Object.assign(place, { platform: view.platform, room: view.room, thread: view.thread?.root ?? "", user: own.user.name });
  for (const draw of drawers) draw(now.view);
}

/** Asks the demo to do something. Undefined when it could not: then the person was told why. */
export function act(what) {
  const { view } = now;
  return post("/api/act", { platform: view.platform, user: view.user.id, ...what });
}

export async function post(path, body) {
  const headers = { "content-type": body instanceof Blob ? "application/octet-stream" : "application/json", "x-page-token": token };
  try {
    const response = await fetch(path, { method: "POST", headers, body: body instanceof Blob ? body : JSON.stringify(body) });
    const result = await response.json();
    if (response.ok) return result;
    trouble(result.error);
  } catch {
    trouble("The demo cannot be reached. Is it still running?");
  }
  return undefined;
}

export function trouble(words) {
  at("trouble").textContent = words;
  at("trouble").hidden = false;
  clearTimeout(trouble.timer);
  trouble.timer = setTimeout(() => {
    at("trouble").hidden = true;
  }, 10_000);
}

export function nameOf(id) {
  if (id === now.view.app.id) return now.view.app.name;
  return now.view.people.find((person) => person.id === id)?.name ?? id;
}

addEventListener("popstate", () => {
  Object.assign(place, placeOfAddress());
  load();
});
