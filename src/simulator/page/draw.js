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

/** A text as Markdown. `nameOf` tells the name behind a mention's id. */
export function drawText(text, nameOf) {
  return element("div", { class: "text" }, ...parseMarkdown(text).map((block) => drawBlock(block, nameOf)));
}

function drawBlock(block, nameOf) {
  const inline = (nodes) => nodes.map((node) => drawInline(node, nameOf));
  switch (block.kind) {
    case "heading":
      return element("p", { role: "heading", "aria-level": block.level + 2 }, element("strong", {}, ...inline(block.inline)));
    case "code":
      return element("pre", {}, element("code", {}, block.text));
    case "quote":
      return element("blockquote", {}, ...inline(block.inline));
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

function drawTable({ head, rows }, inline) {
  const row = (cells, cell) => element("tr", {}, ...cells.map((nodes) => element(cell, {}, ...inline(nodes))));
  return element("table", {}, element("thead", {}, row(head, "th")), element("tbody", {}, ...rows.map((cells) => row(cells, "td"))));
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
 * Makes the children of `list` agree with `items`. An item that did not change keeps its element, and with it focus and selection.
 * Stays at the end when it was there.
 */
export function drawList(list, items, draw) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const known = old.get(item.key);
    const print = JSON.stringify(item);
    if (known && known.dataset.print === print) return known;
    const made = draw(item);
    made.dataset.key = item.key;
    made.dataset.print = print;
    return made;
  });
  const same = wanted.length === list.children.length && wanted.every((child, index) => child === list.children[index]);
  if (!same) list.replaceChildren(...wanted);
  if (atEnd) list.scrollTop = list.scrollHeight;
}
