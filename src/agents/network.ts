import { types } from "node:util";
import { AgentError } from "../model/errors.ts";
import { brokenBefore, explainUnreachable } from "./explain.ts";

/** The error of a request that got no answer. */
export function toNetworkError(error: unknown): AgentError {
  const code = codeOfNever(error);
  return code === undefined
    ? new AgentError("broken", "the connection broke before an answer came", { cause: error, explanation: brokenBefore })
    : new AgentError("unreachable", "the agent cannot be reached", { cause: error, explanation: explainUnreachable(code) });
}

const refusedByNetwork = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EHOSTDOWN",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "EBLOCKED",
]);
const certificate = /^(CERT_|ERR_TLS_CERT|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/**
 * The code of an error that says that nothing has left. Only errors of looking up, connecting, or trusting the other side are certain;
 * for every other one bytes may have left.
 */
function codeOfNever(error: unknown): string | undefined {
  for (let next: unknown = error, hops = 0; types.isNativeError(next) && hops < 8; next = next.cause, hops += 1) {
    const code = "code" in next && typeof next.code === "string" ? next.code : "";
    if (refusedByNetwork.has(code) || certificate.test(code)) return code;
    if ("syscall" in next && (next.syscall === "connect" || next.syscall === "getaddrinfo")) return code;
    if ("errors" in next && Array.isArray(next.errors) && next.errors.length > 0) {
      const codes = next.errors.map(codeOfNever);
      if (codes.every((each) => each !== undefined)) return codes[0];
    }
  }
  return undefined;
}
