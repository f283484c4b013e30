import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

/** What the bridge called. */
export interface Heard {
  readonly method: string;
  readonly conversation: string;
  readonly activity: string | undefined;
  readonly type: string;
  readonly text: string;
}

/**
 * An ordinary local Bot Framework client, as people write one in an afternoon: it sends the least that makes an activity, takes what
 * comes back on a server of its own, and knows neither rosters nor deletions.
 */
export interface LocalClient {
  readonly serviceUrl: string;
  /** Says something to `POST /api/messages`. Resolves to the status. */
  say(
    conversation: { readonly id: string; readonly isGroup?: true },
    text: string,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<number>;
  /** Every call so far. */
  readonly heard: readonly Heard[];
  /** The messages that stand in a conversation now, in their order. */
  shows(conversation: string): readonly string[];
  stop(): Promise<void>;
}

export interface LocalClientOptions {
  /** What a deletion is answered with. */
  readonly deletion: 404 | 405 | 501;
  /** Whether it says which id a message got. */
  readonly ids: boolean;
}

const bodySchema = z.object({ type: z.string(), text: z.string().default("") });

export async function createLocalClient(bridge: () => string, options: LocalClientOptions): Promise<LocalClient> {
  const heard: Heard[] = [];
  const messages = new Map<string, { readonly conversation: string; text: string }>();
  let sent = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, , , conversation = "", what, activity] = (request.url ?? "").split("/").map(decodeURIComponent);
    const reply = (status: number, body: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(body === undefined ? "" : JSON.stringify(body));
    const { method = "" } = request;
    const parsed = bodySchema.safeParse(await read(request));
    const { type = "", text = "" } = parsed.data ?? {};
    heard.push({ method, conversation, activity, type, text });
    if (method === "DELETE") return reply(options.deletion, undefined);
    if (what !== "activities" || !parsed.success) return reply(404, undefined);
    if (method === "PUT") {
      const message = messages.get(activity ?? "");
      if (message) message.text = text;
      return message ? reply(200, {}) : reply(404, undefined);
    }
    const id = `reply-${messages.size + 1}`;
    if (type === "message") messages.set(id, { conversation, text });
    return reply(200, options.ids ? { id } : {});
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy()); // who called sees a cut connection
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the client has no port");
  const serviceUrl = `http://127.0.0.1:${address.port}`;
  return {
    serviceUrl,
    heard,
    async say(conversation, text, more = {}) {
      sent += 1;
      const people = { from: { id: "user1", name: "User" }, recipient: { id: "bot", name: "Bot" } };
      const activity = { type: "message", id: `said-${sent}`, serviceUrl, channelId: "emulator", ...people, conversation, text, ...more };
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${bridge()}/api/messages`, { method: "POST", headers, body: JSON.stringify(activity) });
      await response.arrayBuffer();
      return response.status;
    },
    shows: (conversation) => [...messages.values()].filter((one) => one.conversation === conversation).map(({ text }) => text),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}
