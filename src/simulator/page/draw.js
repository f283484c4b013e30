import { parseMarkdown } from "./markdown.js";

/** An element with attributes and children. Texts become text nodes; there is no other way in, so nothing is ever read as HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child !== undefined && child !== ""));
  return made;
}

const drawings = {
  thumb: "M2 9h3v9H2zM6 9l4-7c1.5 0 2.2 1 2 2.400L11.300 8H17c1 0 1.600.900 1.300 1.900l-2 6.600c-.200.900-.900 1.500-1.800 1.500H6z",
  lock: "M6 9V6.500a4 4 0 0 1 8 0V9h1v8H5V9zm2 0h4V6.500a2 2 0 0 0-4 0z",
};

/** A small picture in the colour of the text around it; the words for it stand elsewhere. */
export function drawSign(name) {
  const space = "http://www.w3.org/2000/svg";
  const made = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: `drawing ${name}`, "aria-hidden": "true" }))
    made.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", drawings[name]);
  made.append(path);
  return made;
}

/** A text as Markdown. `nameOf` tells the name behind a mention's id. */
export function drawText(text, nameOf) {
  return element("div", { class: "text" }, ...parseMarkdown(text).map((block) => drawBlock(block, nameOf)));
}

function drawBlock(block, nameOf) {
  const inline = (nodes) => nodes.map((node) => drawInline(node, nameOf));
  switch (block.kind) {
    case "heading":
      return element("p", { role: "heading", "aria-level": Math.min(block.level + 2, 6) }, element("strong", {}, ...inline(block.inline)));
    case "code":
      return element("pre", { tabindex: 0, role: "group", "aria-label": "Code" }, element("code", {}, block.text));
    case "quote":
      return element("blockquote", {}, ...inline(block.inline).flatMap(breakLines));
    case "rule":
      return element("hr");
    case "list":
      return element("div", { role: "list" }, ...block.items.map((item) => drawItem(item, inline)));
    case "table":
      return drawTable(block, inline);
    default:
      return element("p", {}, ...inline(block.inline).flatMap(breakLines));
  }
}

function drawItem(item, inline) {
  return element("div", { role: "listitem" }, `${"\u2003".repeat(item.depth)}${item.mark} `, ...inline(item.inline));
}

/** Wide tables scroll within their message, by keyboard as well. */
function drawTable({ head, rows }, inline) {
  const row = (cells, cell) => element("tr", {}, ...cells.map((nodes) => element(cell, {}, ...inline(nodes))));
  const table = element("table", {}, element("thead", {}, row(head, "th")), element("tbody", {}, ...rows.map((cells) => row(cells, "td"))));
  return element("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Table" }, table);
}

function breakLines(node) {
  if (typeof node !== "string") return [node];
  return node.split("\n").flatMap((line, index) => (index === 0 ? [line] : [element("br"), line]));
}

function drawInline(node, nameOf) {
  const children = () => node.inline.map((child) => drawInline(child, nameOf));
  switch (node.kind) {
    case "code":
      return element("code", {}, node.text);
    case "strong":
    case "em":
    case "del":
      return element(node.kind, {}, ...children());
    case "link":
      return element("a", { href: node.url, target: "_blank", rel: "noopener noreferrer" }, node.text);
    case "mention":
      return element("span", { class: "mention" }, `@${nameOf(node.id)}`);
    default:
      return node.text;
  }
}

/**
 * Makes the children of `list` agree with `items`, by their `key`. `draw(item, known)` gives the element; it may change the known one,
 * which then keeps focus and selection. What scrolls stays at the end when it was there; otherwise `onBelow` hears whether more is below.
 */
export function drawList(list, items, draw, { onBelow, scrolls = list } = {}) {
  const atEnd = isAtEnd(scrolls);
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const added = items.length > 0 && !old.has(items.at(-1).key);
  const wanted = items.map((item) => {
    const known = old.get(item.key);
    const print = JSON.stringify(item);
    if (known && known.dataset.print === print) return known;
    const made = draw(item, known);
    made.dataset.key = item.key;
    made.dataset.print = print;
    return made;
  });
  place(list, wanted);
  if (atEnd) scrolls.scrollTop = scrolls.scrollHeight;
  onBelow?.(!atEnd && added);
}

export const isAtEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 40;

/** Moves as little as possible: an element that is moved loses the focus. */
function place(list, wanted) {
  const keep = new Set(wanted);
  for (const child of [...list.children]) if (!keep.has(child)) child.remove();
  for (const [index, child] of wanted.entries()) if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
}

/** An element made of named parts: `[name, what it shows, how to make it]`. A part that did not change stays as it is. */
export function drawParts(host, parts) {
  const old = new Map([...host.children].map((child) => [child.dataset.part, child]));
  const wanted = parts.map(([name, shows, make]) => {
    const known = old.get(name);
    const print = JSON.stringify(shows) ?? "";
    if (known && known.dataset.shows === print) return known;
    const made = make();
    made.dataset.part = name;
    made.dataset.shows = print;
    return made;
  });
  place(host, wanted);
  return host;
}

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function drawTime(ms) {
  const time = new Date(ms);
  return element("time", { datetime: time.toISOString(), title: exact.format(time) }, hour.format(time));
}

/** Initials in a colour that always belongs to the name. */
export function drawFace(name, kind = "") {
  const words = name
    .replace(/\(.*?\)/g, "")
    .trim()
    .split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("");
  const tint = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  return element("span", { class: `face tint-${tint} ${kind}`, "aria-hidden": "true" }, initials.toUpperCase());
}
