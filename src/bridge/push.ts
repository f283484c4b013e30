import type { AgentEvent } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { HttpRoute, RawRequest, RawResponse, RequestHead } from "../model/http.ts";
import type { Store } from "../model/ledger.ts";
import { type Addressee, acceptPush, admitPush, findPushed, isAsking } from "./correlate.ts";
import { hash } from "./ids.ts";
import * as notices from "./notices.ts";
import { toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { toTask } from "./rows.ts";

/** What the agents' side of the house knows about pushes. */
export interface PushWire {
  /** Throws AgentError where the body is nothing that A2A knows, or more than can be read safely. */
  decode(body: string): readonly AgentEvent[];
  credentials(headers: RequestHead["headers"]): readonly string[];
  /** The rules of one agent; undefined where there is none of that name. */
  rules(agent: string): PushRules | undefined;
}

export interface PushRules {
  /** Whether pushes may come from this address. */
  allows(ip: string): boolean;
  /** Present where pushes are signed: checks a bearer token instead of the registered one. Rejects when it cannot be checked now. */
  verify?(token: string): Promise<{ readonly id: string; readonly expiresAt: number } | undefined>;
}

export interface PushDoorOptions {
  readonly parts: Parts;
  readonly wire: PushWire;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly perMinute: number;
  /** Tokens of signed pushes and the hash of the body that each came with. */
  readonly tokens: Store<string>;
}

const notFound: RawResponse = { status: 404 };
const taken: RawResponse = { status: 200 };

/** `POST /a2a/push/<agent>/<opaque id>`: id and credential are checked before a byte of the body is read (A2A 1.0, section 13.2). */
export function createPushRoute(options: PushDoorOptions): HttpRoute {
  const { parts, wire } = options;
  return {
    method: "POST",
    path: "/a2a/push/:agent/:id",
    bodyLimit: options.bodyLimit,
    perMinute: options.perMinute,
    admit: async (head) => ((await admit(options, head)) ? undefined : refuse(options, head.params.agent, "refused")),
    handle: async (request) => {
      const admitted = await admit(options, request);
      const events = decode(wire, request);
      if (!admitted) return refuse(options, request.params.agent, "refused");
      if (!events) return refuse(options, request.params.agent, "unreadable");
      const body = Buffer.from(request.body).toString();
      if (!(await isFirstUse(options, admitted, body))) return refuse(options, request.params.agent, "refused");
      await acceptPush(parts, request.params.agent ?? "", admitted.addressee, events, body);
      return taken;
    },
    tooLarge: async (head) => {
      const admitted = await admit(options, head);
      if (!admitted) return;
      refuse(options, head.params.agent, "tooLarge");
      await tellTooLarge(parts, admitted.addressee);
    },
  };
}

/** Who knocks may name any agent: only one that exists is counted by its name. */
function refuse({ parts, wire }: PushDoorOptions, agent: string | undefined, result: "refused" | "unreadable" | "tooLarge"): RawResponse {
  const known = agent !== undefined && wire.rules(agent) !== undefined ? agent : "unknown";
  parts.metrics.count("bridge_pushes_total", { agent: known, result });
  return result === "unreadable" ? { status: 400 } : notFound;
}

interface Admitted {
  readonly addressee: Addressee;
  readonly signed?: { readonly id: string; readonly expiresAt: number };
}

async function admit({ parts, wire }: PushDoorOptions, head: RequestHead): Promise<Admitted | undefined> {
  const { agent = "", id = "" } = head.params;
  const rules = wire.rules(agent);
  if (!rules?.allows(head.ip)) return undefined;
  const credentials = wire.credentials(head.headers);
  if (!rules.verify) {
    const addressee = await admitPush(parts, agent, id, credentials);
    return addressee && { addressee };
  }
  const addressee = await admitPush(parts, agent, id, "signed");
  const [token] = credentials;
  const signed = addressee && token !== undefined ? await rules.verify(token) : undefined;
  return addressee && signed && { addressee, signed };
}

/** A signed token stands for one body: it may come again with that one, as a repeated delivery does, and with no other. */
async function isFirstUse({ parts, tokens }: PushDoorOptions, { signed }: Admitted, body: string): Promise<boolean> {
  if (!signed) return true;
  const key = hash(signed.id);
  const used = await tokens.get(key);
  if (used === undefined) await tokens.set(key, hash(body), Math.max(1_000, signed.expiresAt - parts.clock.now()));
  return used === undefined || used === hash(body);
}

/**
 * The door of an agent that can push only to a fixed address without a secret (opt-in). It delivers only into a known task of this
 * agent, and only text: no sign-in, no links as such.
 */
export function createFixedPushRoute(options: PushDoorOptions, agent: string, path: string, patience = 5_000): HttpRoute {
  const { parts, wire } = options;
  return {
    method: "POST",
    path,
    bodyLimit: options.bodyLimit,
    perMinute: options.perMinute,
    admit: async (head) => (wire.rules(agent)?.allows(head.ip) ? undefined : refuse(options, agent, "refused")),
    handle: async (request) => {
      const events = decode(wire, request)?.map(toHarmless);
      if (!events) return refuse(options, agent, "unreadable");
      const addressee = await findEarly(parts, agent, events, patience);
      if (!addressee) return refuse(options, agent, "refused");
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
    return wire.decode(Buffer.from(request.body).toString());
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

/** Without a secret anybody may have said it: no sign-in is asked for, and a link or a file is no more than its name. */
function toHarmless(event: AgentEvent): AgentEvent {
  if (event.kind === "working") return event;
  const parts = event.parts.map((part) => {
    if (part.kind === "link") return { kind: "text" as const, text: part.title };
    if (part.kind === "file") return { kind: "text" as const, text: part.name };
    return part.kind === "text" ? { ...part, text: withoutLabels(part.text) } : part;
  });
  if (event.kind !== "authRequired") return { ...event, parts };
  const { parts: _dropped, ...ids } = event;
  return { ...ids, kind: "working" };
}

/** A Markdown link shows a label in place of its address: here both are seen. Works on inline links, references and angle brackets. */
function withoutLabels(text: string): string {
  return text.replace(/\](?=[([:])/g, "]\u200b").replace(/<(?=[a-z][a-z0-9+.-]*:)/gi, "<\u200b");
}

async function tellTooLarge(parts: Parts, { row }: Addressee): Promise<void> {
  const { thread } = toTask(row);
  const rows = toNotice(parts, thread, `${row.id}!large`, notices.tooLarge(row.reference), { last: false });
  await parts.ledger.accept(rows.map((notice) => ({ ...notice, of: row })));
}
