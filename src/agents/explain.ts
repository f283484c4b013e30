import type { AgentErrorKind } from "../model/errors.ts";

/**
 * What went wrong, in words for the thread: ours alone, since an agent may put anything into its own. Whoever can mend it is named.
 */

const statuses: Readonly<Record<number, string>> = {
  400: "The agent's server found the request malformed (400).",
  401: "The agent did not accept the bridge's credentials (401). An administrator must renew them.",
  403: "The bridge is not allowed to use this agent (403). An administrator must grant it access.",
  404: "There is no agent at its configured address (404). An administrator must check the address.",
  405: "The agent's address does not take messages (405). An administrator must check the address.",
  408: "The agent's server gave up waiting (408).",
  410: "The agent is not there any more (410). An administrator must check the address.",
  413: "The message, with the files in it, is too large for the agent (413). An administrator can set `files.inlineMB` lower, or `files.as: link`.",
  415: "The agent does not take messages of this form (415). An administrator must check its dialect.",
  429: "The agent has too much to do and takes no more messages for the moment (429).",
  503: "The agent is not available for the moment (503).",
  504: "The agent's server did not get an answer in time (504).",
};

/** Of an HTTP status that is not 2xx. */
export function explainStatus(status: number): string {
  const known = statuses[status];
  if (known !== undefined) return known;
  if (status >= 500) return `The agent's server failed (${status}).`;
  if (status >= 300 && status < 400)
    return `The agent's address redirects elsewhere, which the bridge does not follow (${status}). An administrator must set the final address.`;
  return `The agent's server refused the request (${status}).`;
}

/** Error codes of JSON-RPC 2.0 and of A2A 1.0 (section 5.4). */
const codes: Readonly<Record<number, string>> = {
  [-32700]: "The agent could not read the request.",
  [-32600]: "The agent found the request invalid.",
  [-32601]: "The agent does not know the operation. An administrator must check its dialect.",
  [-32602]: "The agent misses something in the request, or does not accept a value in it. An administrator must check its metadata.",
  [-32603]: "The agent had an internal error.",
  [-32001]: "The agent does not know the task any more.",
  [-32002]: "The agent cannot stop this task.",
  [-32003]: "The agent does not send push notifications.",
  [-32004]: "The agent does not support this operation.",
  [-32005]: "The agent does not take content of this kind.",
  [-32006]: "What the agent itself was answered makes no sense to it.",
  [-32007]: "The agent has no extended card.",
  [-32008]: "The agent requires an extension of the protocol that the bridge was not told to use.",
  [-32009]: "The agent refuses the protocol version that the bridge speaks to it. An administrator must check its card or its dialect.",
};

/** Of an error code that an agent gave. */
export function explainCode(code: number | undefined): string {
  if (code === undefined) return "The agent refused the request without saying why.";
  return codes[code] ?? `The agent refused the request (error ${code}).`;
}

const networkCodes: readonly (readonly [RegExp, string])[] = [
  [/^(ENOTFOUND|EAI_)/, "The name of the agent's server is not known. An administrator must check the address."],
  [/^ECONNREFUSED$/, "Nobody answers at the agent's address."],
  [
    /^EBLOCKED$/,
    "The agent's address is in a network that the bridge may not reach. An administrator can open it with `outbound.allowPrivateNetworks`: true, or a list of networks.",
  ],
  [/^UND_ERR_CONNECT_TIMEOUT$/, "The agent's server did not answer in time."],
  [
    /^(CERT_|ERR_TLS_CERT|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/,
    "The certificate of the agent's server is not trusted. An administrator must check it, or name its authority in `outbound.caFile`.",
  ],
];

/** Of the network's error code, before anything was sent. */
export function explainUnreachable(code: string | undefined): string {
  return networkCodes.find(([pattern]) => pattern.test(code ?? ""))?.[1] ?? "The agent's server cannot be reached.";
}

/** Where neither status nor code says more. */
export const explainKind: Readonly<Record<AgentErrorKind, string>> = {
  unreachable: "The agent's server cannot be reached.",
  rateLimited: "The agent takes no more messages for the moment.",
  broken: "The connection to the agent broke.",
  silent: "The agent was silent for too long.",
  refused: "The agent refused the request.",
  unauthorized: "The agent did not accept the bridge's credentials.",
  taskGone: "The agent does not know the task any more.",
  unsupported: "The agent cannot do this.",
  protocol: "What the agent's address answered is not A2A. An administrator must check the address and the dialect.",
};

export const brokenBefore = "The connection to the agent broke before it answered.";
export const brokenWithin = "The connection to the agent broke while its answer came.";
export const failedWithin = "The agent gave up in the middle of its answer.";
export const webPage =
  "The agent's address answered with a web page, perhaps a sign-in, instead of A2A. An administrator must check the address.";
export const tooLong = (bytes: number) => `The agent's answer is longer than the ${toSize(bytes)} that are allowed, and was left there.`;
export const tooMany = "The agent's answer came in too many pieces, and was left there.";
export const silentFor = (ms: number) =>
  `Nothing was heard from the agent for ${ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`}.`;

function toSize(bytes: number): string {
  return bytes >= 1_048_576 ? `${Math.round(bytes / 1_048_576)} MB` : `${Math.round(bytes / 1024)} KB`;
}
