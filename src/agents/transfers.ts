import type { AgentEvent, AgentRequest } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { ReplyPart } from "../model/reply.ts";
import { derivedId } from "./prepare.ts";

/**
 * Follows a request that an agent hands to another one behind the same address (Inkeep): the turn goes on with the same message in the
 * same context, under an id derived from the message's. At most `limit` times in one turn; then throws AgentError `refused`.
 */
export async function* followTransfers(
  request: AgentRequest,
  limit: number,
  send: (request: AgentRequest) => AsyncIterable<AgentEvent>,
): AsyncGenerator<AgentEvent, void, undefined> {
  for (let hop = 1; ; hop += 1) {
    let transferred = false;
    for await (const event of send(hop === 1 ? request : { ...request, messageId: derivedId(request.messageId, `transfer-${hop - 1}`) })) {
      const target = toTarget(event);
      if (target !== undefined) yield { ...idsOf(event), kind: "working", text: `Passed on to ${target}`, notice: true };
      transferred ||= target !== undefined;
      // The end of the task that was handed on is not the end of the turn.
      if (!transferred) yield event;
    }
    if (!transferred) return;
    if (hop > limit) throw endless();
  }
}

function toTarget(event: AgentEvent): string | undefined {
  if (event.kind !== "output") return undefined;
  return event.parts.map(targetOf).find((target) => target !== undefined);
}

/** The name comes from the agent, so only what has the form of one is shown. */
function targetOf(part: ReplyPart): string | undefined {
  if (part.kind !== "data" || typeof part.data !== "object" || part.data === null || !("type" in part.data)) return undefined;
  if (part.data.type !== "transfer") return undefined;
  const named = "targetSubAgentId" in part.data ? part.data.targetSubAgentId : undefined;
  const name =
    typeof named === "string"
      ? named
          .replaceAll(/[^\p{L}\p{N} ._-]/gu, "")
          .trim()
          .slice(0, 60)
      : "";
  return name === "" ? "another agent" : name;
}

function idsOf({ taskId, contextId }: AgentEvent) {
  return { ...(taskId !== undefined && { taskId }), ...(contextId !== undefined && { contextId }) };
}

function endless(): AgentError {
  return new AgentError("refused", "the request was transferred too often", {
    explanation: "The agent passed the request on again and again, and nobody there answered it.",
  });
}
