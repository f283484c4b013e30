/** The connection was never made, so nothing was said. */
const neverConnected = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
];

/** Why a call got no answer: our own guard held it, nobody was there, or it broke off after it may have been heard. */
export type Break = "blocked" | "unreached" | "broken";

export function toBreak(error: unknown): Break {
  const codes = causes(error).map(codeOf);
  if (codes.includes("EBLOCKED")) return "blocked";
  return codes.some((code) => neverConnected.includes(code)) ? "unreached" : "broken";
}

/** The error, its causes, and the errors that it joins (a connection attempt to several addresses). */
export function causes(error: unknown, depth = 0): readonly unknown[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const joined = error instanceof AggregateError ? error.errors.flatMap((one) => causes(one, depth + 1)) : [];
  return [error, ...joined, ...causes(error.cause, depth + 1)];
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
