import { parseSseStream, type StreamResponse } from "@a2a-js/sdk";
import { AgentError } from "../../model/errors.ts";
import { parseBounded } from "../bounds.ts";
import { tooMany } from "../explain.ts";
import { readPayload } from "../read.ts";

export type Payload = NonNullable<StreamResponse["payload"]>;
export type Fields = Readonly<Record<string, unknown>>;

/** What an agent answered: something of A2A, or an error of its own. */
export type Answer =
  | { readonly kind: "payload"; readonly payload: Payload; readonly fields: Fields }
  | { readonly kind: "error"; readonly fields: Fields };

const maxEventBytes = 4 * 1024 * 1024;
const maxEvents = 100_000;

/** Undefined: nothing of A2A, such as a web page, "[DONE]" or an event of a kind that nobody knows. Throws AgentError when it is excessive. */
export function readAnswer(text: string): Answer | undefined {
  const fields = fieldsOf(parseBounded(text));
  if (!fields) return undefined;
  if (isSet(fields.error) || ("code" in fields && "message" in fields)) return { kind: "error", fields };
  const payload = readPayload(fields);
  return payload && { kind: "payload", payload, fields };
}

/**
 * The events of a stream, what is nothing of A2A left out. Throws AgentError `protocol` at the end of a stream that held only such things,
 * and when there are too many or too large events.
 */
export async function* readAnswers(response: Response): AsyncGenerator<Answer & { readonly type: string }, void, undefined> {
  let foreign = 0;
  let read = 0;
  for await (const { type, data } of events(response)) {
    if (foreign + read > maxEvents) throw new AgentError("protocol", "a stream has too many events", { explanation: tooMany });
    const answer = readAnswer(data);
    if (answer) {
      read += 1;
      yield { ...answer, type };
    } else foreign += 1;
  }
  if (read === 0 && foreign > 0)
    throw new AgentError("protocol", "a stream holds nothing of A2A", {
      code: response.status,
      explanation: "What the agent streamed is not A2A. An administrator must check the address and the dialect.",
    });
}

async function* events(response: Response): AsyncGenerator<{ readonly type: string; readonly data: string }, void, undefined> {
  try {
    yield* parseSseStream(response, maxEventBytes);
  } catch (error) {
    if (!(error instanceof Error) || !/exceeded the maximum allowed size/.test(error.message)) throw error;
    throw new AgentError("protocol", "an event of a stream is too large", {
      explanation: "A piece of the agent's answer is larger than the bridge takes (4 MB).",
    });
  }
}

export function isEventStream(headers: Headers): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
}

export function fieldsOf(value: unknown): Fields | undefined {
  return isFields(value) ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
