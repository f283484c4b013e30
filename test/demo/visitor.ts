import { z } from "zod";

const hop = z.object({ kind: z.string(), title: z.string(), state: z.string(), reference: z.string() });
const backstage = z.object({
  bridge: z.object({ state: z.string(), pid: z.number().optional(), kills: z.number() }),
  switches: z.array(z.object({ id: z.string(), on: z.boolean().nullable() })),
  story: z.array(hop).nullable(),
});
const message = z.object({ id: z.string(), text: z.string(), streaming: z.boolean(), author: z.object({ app: z.boolean() }) });
const room = z.object({
  id: z.string(),
  name: z.string(),
  threads: z.boolean(),
  hint: z.object({ hint: z.string(), tries: z.array(z.string()) }),
});
const view = z.object({
  platforms: z.array(z.object({ id: z.string(), user: z.object({ id: z.string() }), rooms: z.array(room) })),
  shown: z.object({ messages: z.array(message) }),
  thread: z.object({ messages: z.array(message) }).optional(),
});

/** Where something was said. */
export interface Place {
  readonly platform?: string;
  readonly room?: string;
  readonly thread?: string;
}

/** Somebody at the page, without a browser. */
export interface Visitor {
  view(place: Place): Promise<z.infer<typeof view>>;
  /** What stands in the thread, or in the room where it has none. */
  messages(place: Place): Promise<readonly z.infer<typeof message>[]>;
  /** Says something as the first person of the platform, in a room of this name. Resolves to the place of the conversation. */
  say(said: { readonly platform: string; readonly room: string; readonly text: string; readonly thread?: string }): Promise<Place>;
  backstage(place: Place): Promise<z.infer<typeof backstage>>;
  flip(id: string, on: boolean): Promise<void>;
}

export async function createVisitor(url: string): Promise<Visitor> {
  const html = await (await fetch(url)).text();
  const token = /name="page-token" content="([^"]+)"/.exec(html)?.[1] ?? "";

  async function get(path: string, place: Place): Promise<unknown> {
    return (await fetch(`${url}api/${path}?${new URLSearchParams({ ...place })}`)).json();
  }

  async function post(path: string, body: unknown): Promise<unknown> {
    const headers = { "content-type": "application/json", "x-page-token": token };
    const response = await fetch(`${url}api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  const look = async (place: Place) => view.parse(await get("view", place));
  return {
    view: look,
    async messages(place) {
      const { shown, thread } = await look(place);
      return thread?.messages ?? shown.messages;
    },
    async say({ platform, room: name, text, thread }) {
      const { platforms } = await look({});
      const own = platforms.find(({ id }) => id === platform);
      const there = own?.rooms.find((one) => one.name === name);
      if (own === undefined || there === undefined) throw new Error(`there is no ${name} in ${platform}`);
      const done = z.object({ message: z.string() });
      const act = { kind: "say", platform, user: own.user.id, room: there.id, text, ...(thread !== undefined && { thread }) };
      const { message } = done.parse(await post("act", act));
      return { platform, room: there.id, ...(there.threads && { thread: thread ?? message }) };
    },
    backstage: async (place) => backstage.parse(await get("backstage", place)),
    flip: async (id, on) => void (await post("switch", { id, on })),
  };
}
