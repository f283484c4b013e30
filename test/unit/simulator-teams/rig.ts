import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createTeamsSimulator, type TeamsSimulator } from "../../../src/simulator/teams/simulator.ts";

type Options = Parameters<typeof createTeamsSimulator>[0];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly id?: string;
    readonly error?: { readonly code: string; readonly message: string };
    readonly [key: string]: unknown;
  };
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly activity: Readonly<Record<string, unknown>> & { readonly id?: string; readonly type?: string; readonly text?: string };
}

/** `cut`: the connection is closed without an answer. `silent`: it stays open. */
export type Reaction = { readonly status: number; readonly body?: string } | "cut" | "silent";

/** A simulator, a bare caller of its Bot Connector, and a bare bot that keeps what it is sent. */
export interface Rig extends AsyncDisposable {
  readonly teams: TeamsSimulator;
  readonly received: readonly Received[];
  readonly token: string;
  /** A call behind the service URL, with a good token. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Posts to a conversation; a text is a message. */
  post(conversation: string, activity: string | Readonly<Record<string, unknown>>): Promise<Answer>;
  /** What the bot answers from now on; 200 in the beginning. */
  answer(next: (nth: number) => Reaction): void;
}

export const channel = "19:help@thread.tacv2";
export const team = "19:team@thread.tacv2";
export const group = "19:group@thread.v2";

export async function createRig(options: Options = {}): Promise<Rig> {
  const teams = await createTeamsSimulator(options);
  const received: Received[] = [];
  let reactionFor = (_nth: number): Reaction => ({ status: 200 });
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString();
    received.push({ headers: request.headers, activity: read(raw) });
    const reaction = reactionFor(received.length);
    if (reaction === "cut") request.socket.destroy();
    else if (reaction !== "silent") response.writeHead(reaction.status).end(reaction.body);
  });
  teams.target(`${await listen(server)}/api/messages`);
  const token = await signIn(teams);
  const call: Rig["call"] = (method, path, body, headers) => callConnector(teams, token, { method, path, body, headers });
  return {
    teams,
    received,
    token,
    call,
    post: (conversation, activity) =>
      call(
        "POST",
        `v3/conversations/${encodeURIComponent(conversation)}/activities`,
        typeof activity === "string" ? { type: "message", text: activity } : activity,
      ),
    answer(next) {
      reactionFor = next;
    },
    async [Symbol.asyncDispose]() {
      await teams.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The form with which a good client asks for a token of the Bot Connector. */
export function tokenForm({ config }: TeamsSimulator): Record<string, string> {
  const scope = `https://api.botframework.${config.cloud === "public" ? "com" : "us"}/.default`;
  return { grant_type: "client_credentials", client_id: config.appId, client_secret: config.appPassword, scope };
}

export async function askForToken(teams: TeamsSimulator, form: Record<string, string>, tenant = teams.config.tenantId): Promise<Answer> {
  const response = await fetch(`${teams.config.endpoints.login}/${tenant}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return toAnswer(response);
}

async function signIn(teams: TeamsSimulator): Promise<string> {
  const { body } = await askForToken(teams, tokenForm(teams));
  return String(body.access_token);
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

async function callConnector(teams: TeamsSimulator, token: string, { method, path, body, headers }: Request): Promise<Answer> {
  const response = await fetch(teams.serviceUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return toAnswer(response);
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}

/** Hostile bodies are none. */
function read(raw: string): Received["activity"] {
  try {
    return Object(JSON.parse(raw));
  } catch {
    return {};
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}
