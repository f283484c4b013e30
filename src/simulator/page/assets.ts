import { readFile } from "node:fs/promises";

const types = { html: "text/html", css: "text/css", js: "text/javascript" } as const;

/** What the page is made of. Nothing is built: the browser gets these files as they stand here. */
const names = [
  "index.html",
  "page.css",
  "frame.css",
  "looks.css",
  "text.css",
  "message.css",
  "acts.css",
  "composer.css",
  "panel.css",
  "page.js",
  "state.js",
  "rooms.js",
  "messages.js",
  "composer.js",
  "dialog.js",
  "panel.js",
  "draw.js",
  "markdown.js",
] as const;

export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The files by their path. `token` goes into the page itself, and nowhere else. */
export async function readAssets(token: string): Promise<ReadonlyMap<string, Asset>> {
  const entries = names.map(async (name): Promise<[string, Asset]> => {
    const body = await readFile(new URL(name, import.meta.url), "utf8");
    const type = `${Object.entries(types).find(([ending]) => name.endsWith(ending))?.[1]}; charset=utf-8`;
    return name === "index.html" ? ["/", { type, body: body.replace("{{token}}", token) }] : [`/${name}`, { type, body }];
  });
  return new Map(await Promise.all(entries));
}
