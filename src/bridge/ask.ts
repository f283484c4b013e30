import { randomBytes } from "node:crypto";
import type { Abilities, AgentRequest, RequestFile } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { RowKey } from "../model/ledger.ts";
import { leaveQuestion } from "./answered.ts";
import { concludeTurn } from "./conclude.ts";
import type { Context } from "./conversation.ts";
import { askingKey, pushKey, taskKey, toProof } from "./correlate.ts";
import { readEarlier } from "./earlier.ts";
import { follow } from "./follow.ts";
import { observeHop } from "./hop.ts";
import { toUuid } from "./ids.ts";
import * as notices from "./notices.ts";
import { type OpenedFiles, openUnlessStopped } from "./open-files.ts";
import { toNotice } from "./outbox.ts";
import { contextRowKey, recall } from "./recall.ts";
import { waitForMore } from "./recover.ts";
import type { Share } from "./room.ts";
import { isGone, type Turn } from "./rows.ts";
import { type Session, without } from "./session.ts";
import { giveShared, takeShared } from "./share.ts";
import { showSign } from "./sign.ts";

/** Sends the message of a turn, once, and follows the answer as long as the call lasts. `sentAt` is committed before the first byte. */
export async function ask(session: Session, turn: Turn): Promise<void> {
  const { parts, client, job, task } = session;
  // A message that was taken a moment ago has its sign.
  if (!job.row.own) showSign(parts, task.thread, { kind: "working" });
  const share = parts.room.fromPeople.open();
  let request: AgentRequest | undefined;
  try {
    const abilities = await client.abilities(job.signal);
    const prepared = await prepare(session, turn, abilities, share);
    if (!prepared) return;
    request = prepared;
    await follow(session, turn.id, (signal) => client.send(prepared, signal));
    if (!job.signal.aborted) waitForMore(session, turn.id, abilities);
  } catch (error) {
    if (job.signal.aborted || !(error instanceof AgentError)) {
      if (job.signal.aborted) return;
      throw error;
    }
    parts.metrics.count("bridge_agent_errors_total", { agent: task.agent, kind: error.kind });
    parts.log.warn({ err: error, kind: error.kind, agent: task.agent, task: job.row.id, reference: job.row.reference }, "agent not asked");
    afterError(session, turn.id, request, error);
  } finally {
    // Not before: for as long as the call is open, so is the request with the bytes in it.
    share.free();
  }
}

/** Commits that it is being sent. Undefined: it is not, for the turn has its end, or this process has. */
async function prepare(session: Session, turn: Turn, abilities: Abilities, share: Share): Promise<AgentRequest | undefined> {
  const opened = await openUnlessStopped(session, turn, abilities, share);
  if (opened === "stopped" || session.job.signal.aborted) return undefined;
  if (isEmpty(session, turn, opened)) {
    concludeTurn(session, turn, "empty", notices.leftFiles(opened.left));
    return undefined;
  }
  const { request, keys } = await toRequest(session, turn, abilities, opened.files);
  await leaveQuestion(session);
  await commitSending(session, turn, request, keys, opened);
  // What goes by a link lies in the store from here on.
  share.keep(opened.files.reduce((sum, file) => sum + ("bytes" in file ? file.bytes.byteLength : 0), 0));
  return request;
}

/** Files alone, and none of them goes: there is nothing to ask. */
function isEmpty(session: Session, turn: Turn, { files, left }: OpenedFiles): boolean {
  return files.length === 0 && left.length > 0 && (session.content[turn.id]?.text ?? "").trim() === "";
}

async function commitSending(
  session: Session,
  turn: Turn,
  request: AgentRequest,
  keys: readonly RowKey[],
  { kept, left }: OpenedFiles,
): Promise<void> {
  const { parts, client, task } = session;
  const now = parts.clock.now();
  session.task = without(session.task, "parked", "lookAt", "failingSince");
  if (request.taskId === undefined) leaveBehind(session);
  session.updateTask({
    push: session.task.push || request.push !== undefined,
    looks: 0,
    ...(request.contextId === undefined ? {} : { contextId: request.contextId }),
  });
  takeShared(session, turn);
  session.updateTurn(turn.id, { state: "asked", sentAt: now, deadline: now + client.policy.limits.answerMinutes * 60_000 });
  session.keys = [...session.keys, ...keys];
  session.files = kept;
  if (left.length > 0) {
    const words = `Not passed on to the agent:\n${notices.leftFiles(left)}`;
    session.outbox = [...session.outbox, ...toNotice(parts, task.thread, `${turn.id}%`, words, { last: false })];
  }
  if (turn.receivedAt !== undefined) observeHop(parts, session.task.thread.platform, "ask", now - turn.receivedAt);
  parts.log.debug({ reference: session.job.row.reference, agent: session.task.agent }, "agent is asked");
  await parts.failpoint("ask.sent.before");
  await session.save();
  await parts.failpoint("ask.sent.after");
  await parts.failpoint("ask.send.before");
}

/** The message begins a task of its own: what the one before is still to say is not its answer. */
function leaveBehind(session: Session): void {
  const { taskId, ...rest } = session.task;
  if (taskId !== undefined) session.task = { ...rest, goneTask: taskId };
}

async function toRequest(
  session: Session,
  turn: Turn,
  abilities: Abilities,
  files: readonly RequestFile[],
): Promise<{ request: AgentRequest; keys: readonly RowKey[] }> {
  const { parts, client, task, content } = session;
  const said = content[turn.id];
  const context: Context = (await parts.contexts.get(task.context)) ?? { open: false };
  const push = toPush(session, turn, abilities);
  const contextId = toContextId(session, context);
  const taskIds = toTaskIds(session, context);
  if (taskIds.taskId !== undefined) {
    const earlier = await readEarlier(session, contextId, taskIds.taskId);
    if (earlier.length > 0) session.setAnswer(turn.id, { ...session.answer(turn), earlier });
  }
  const transcript = client.policy.transcript > 0 ? await recall(session) : undefined;
  const keys = [
    ...(push?.keys ?? []),
    ...(taskIds.taskId === undefined ? [] : [{ key: taskKey(client.name, contextId, taskIds.taskId) }]),
    ...(transcript ? [{ key: contextRowKey(task.context) }] : []),
  ];
  return {
    request: {
      messageId: turn.messageId,
      text: said?.text ?? "",
      metadata: said?.metadata ?? {},
      ...(files.length > 0 ? { files } : {}),
      ...(contextId === undefined ? {} : { contextId }),
      ...taskIds,
      ...(push?.config ? { push: push.config } : {}),
      ...(transcript && transcript.length > 0 ? { transcript } : {}),
    },
    keys,
  };
}

function toContextId({ client, task }: Session, context: Context): string | undefined {
  if (client.policy.contextId === "none") return undefined;
  const known = task.contextId ?? context.contextId;
  return known ?? (client.policy.contextId === "client" ? toUuid(task.context) : undefined);
}

/** Which task a message belongs to: an open one goes on; after a closed one a new task refers to it (A2A 1.0, section 3.4.3). */
function toTaskIds(session: Session, context: Context): Pick<AgentRequest, "taskId" | "referenceTaskIds"> {
  const { client, task } = session;
  if (task.goneTask !== undefined && isGone(task)) return client.policy.taskId === "always" ? {} : { referenceTaskIds: [task.goneTask] };
  const known = task.taskId ?? context.taskId;
  if (known === undefined || client.policy.taskId === "never") return {};
  const last = session.lastEnded();
  const asksPerson = last ? last.outcome === "inputRequired" : context.open;
  const open = client.policy.taskId === "always" || asksPerson || task.turns.some((turn) => turn.state === "asked");
  return open ? { taskId: known } : { referenceTaskIds: [known] };
}

/** A fresh address and token for this turn; only their hashes are kept. A fixed address has neither. */
function toPush(
  { parts, client, task }: Session,
  turn: Turn,
  abilities: Abilities,
): { config?: { url: string; token: string }; keys: readonly RowKey[] } | undefined {
  const address = abilities.push ? parts.pushAddress(client.name) : undefined;
  if (!address) return undefined;
  if (address.kind === "fixed") return { config: { url: address.url, token: "" }, keys: [{ key: askingKey(task.agent) }] };
  const id = randomBytes(16).toString("base64url");
  const token = randomBytes(32).toString("base64url");
  return { config: { url: `${address.base}/${id}`, token }, keys: [{ key: pushKey(client.name, id), proof: toProof(token, turn.id) }] };
}

function afterError(session: Session, turnId: string, request: AgentRequest | undefined, error: AgentError): void {
  const turn = session.turn(turnId);
  if (!turn || turn.state === "ended") return;
  switch (error.kind) {
    case "unreachable":
    case "rateLimited":
      return tryAgain(session, turn, error);
    case "taskGone":
      if (request?.taskId === undefined) return concludeTurn(session, turn, "refused", error.explanation);
      return leaveTask(session, turn, request.taskId);
    case "refused":
    case "unauthorized":
    case "unsupported":
      return concludeTurn(session, turn, "refused", error.explanation);
    case "broken":
    case "silent":
    case "protocol":
      if (error.kind !== "broken") session.why = error.explanation;
      if (session.task.taskId === undefined && isLastWord(error)) concludeTurn(session, turn, "lost", error.explanation);
      return;
  }
}

/** A server error, or a page in place of an answer: there is nothing to wait for. A late push is still taken. */
function isLastWord({ kind, code }: AgentError): boolean {
  return code !== undefined && (code >= 500 || (kind === "protocol" && code === 200));
}

/** An agent that asks to wait for longer than this is as good as away: the person is told, and may ask again. */
const longestWaitMs = 300_000;

/** The message certainly did not arrive: it is sent again a little later, and not for ever. */
function tryAgain(session: Session, turn: Turn, { retryAfterMs, explanation }: AgentError): void {
  const { reach } = session.parts.pace;
  const tries = turn.tries ?? 0;
  const pause = reach[tries];
  if (pause === undefined || (retryAfterMs ?? 0) > longestWaitMs) return concludeTurn(session, turn, "unreachable", explanation);
  session.updateTurn(turn.id, { tries: tries + 1 });
  sendAnew(session, turn, session.parts.clock.now() + Math.max(pause, retryAfterMs ?? 0));
}

/** Where nothing can be read, the end of a closed task is waited for as long as a push may take. */
const lastPushMs = 30_000;

/**
 * The agent's task is closed to this message, which begins a new one. The turns that wait for the closed one have their end first: by then
 * it was told, or is on its way.
 */
function leaveTask(session: Session, turn: Turn, goneTask: string): void {
  const { policy } = session.client;
  const now = session.parts.clock.now();
  session.updateTask({ goneTask, taskId: goneTask });
  sendAnew(session, turn, now);
  if (policy.taskId !== "spec" || session.task.turns.every(({ state }) => state !== "asked")) return;
  session.task = without(session.task, "parked", "lookAt");
  if (policy.operations.get || policy.operations.resubscribe) return;
  for (const { id, state, deadline = now } of session.task.turns)
    if (state === "asked") session.updateTurn(id, { deadline: Math.min(deadline, now + lastPushMs) });
}

function sendAnew(session: Session, turn: Turn, at: number): void {
  giveShared(session, turn);
  session.updateTask({
    parked: "retry",
    lookAt: at,
    turns: session.task.turns.map((other) =>
      other.id === turn.id ? { ...without(other, "sentAt", "deadline"), state: "waiting" } : other,
    ),
  });
}
