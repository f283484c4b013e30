import type { AgentEvent } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { HttpRoute, RawRequest, RawResponse, RequestHead } from "../model/http.ts";
import { type Addressee, acceptPush, admitPush, findPushed, isAsking } from "./correlate.ts";
import * as notices from "./notices.ts";
import { toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { toTask } from "./rows.ts";

/** What the agents' side of the house knows about pushes. */
export interface PushWire {
  /** Throws AgentError where the body is nothing that A2A knows. */
  decode(body: unknown): readonly AgentEvent[];
  credentials(headers: RequestHead["headers"]): readonly string[];
}

const notFound: RawResponse = { status: 404 };
const taken: RawResponse = { status: 200 };

/** `POST /a2a/push/<agent>/<opaque id>`: id and credential are checked before a byte of the body is read (A2A 1.0, section 13.2). */
export function createPushRoute(parts: Parts, wire: PushWire, bodyLimit: number): HttpRoute {
  const admit = (head: RequestHead): Promise<Addressee | undefined> =>
    admitPush(parts, head.params.agent ?? "", head.params.id ?? "", wire.credentials(head.headers));
  return {
    method: "POST",
    path: "/a2a/push/:agent/:id",
    bodyLimit,
    admit: async (head) => ((await admit(head)) ? undefined : notFound),
    handle: async (request) => {
      const addressee = await admit(request);
      const events = decode(wire, request);
      if (!addressee) return notFound;
      if (!events) return { status: 400 };
      await acceptPush(parts, request.params.agent ?? "", addressee, events, Buffer.from(request.body).toString());
      return taken;
    },
    tooLarge: async (head) => {
      const addressee = await admit(head);
      if (addressee) await tellTooLarge(parts, addressee);
    },
  };
}

/**
 * The door of an agent that can push only to a fixed address without a secret (opt-in). It delivers only into a known task of this
 * agent, and only text: no sign-in, no links as such.
 */
export function createFixedPushRoute(
  parts: Parts,
  wire: PushWire,
  agent: string,
  path: string,
  bodyLimit: number,
  patience = 5_000,
): HttpRoute {
  return {
    method: "POST",
    path,
    bodyLimit,
    handle: async (request) => {
      const events = decode(wire, request)?.map(toHarmless);
      if (!events) return { status: 400 };
      const addressee = await findEarly(parts, agent, events, patience);
      if (!addressee) return notFound;
      await acceptPush(parts, agent, addressee, events, Buffer.from(request.body).toString());
      return taken;
    },
  };
}

/** A push may overtake the response that names its task: while such a response is due, an unknown push waits for it. */
async function findEarly(parts: Parts, agent: string, events: readonly AgentEvent[], patience: number): Promise<Addressee | undefined> {
  const end = parts.clock.now() + patience;
  for (;;) {
    const found = await findPushed(parts, agent, events);
    if (found || parts.clock.now() >= end || !(await isAsking(parts, agent))) return found ?? (await findPushed(parts, agent, events));
    await parts.clock.sleep(50);
  }
}

function decode(wire: PushWire, request: RawRequest): readonly AgentEvent[] | undefined {
  try {
    return wire.decode(JSON.parse(Buffer.from(request.body).toString()));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof AgentError) return undefined;
    throw error;
  }
}

function toHarmless(event: AgentEvent): AgentEvent {
  if (event.kind === "working") return event;
  const parts = event.parts.map((part) => (part.kind === "link" ? { kind: "text" as const, text: part.title } : part));
  if (event.kind !== "authRequired") return { ...event, parts };
  const { parts: _dropped, ...ids } = event;
  return { ...ids, kind: "working" };
}

async function tellTooLarge(parts: Parts, { row }: Addressee): Promise<void> {
  const { thread } = toTask(row);
  await parts.ledger.accept(toNotice(parts, thread, `${row.id}!large`, notices.tooLarge(row.reference), { last: false }));
}
