import { types } from "node:util";
import { pino } from "pino";

/** What every part logs through. Facts first, then a few lower-case words: `log.warn({ thread, attempt, err }, "delivery failed")`. */
export type Log = Pick<pino.Logger, "debug" | "info" | "warn" | "error" | "fatal">;

/** Keys whose values never reach a log, wherever they stand up to five levels deep: a whole configuration may be logged by mistake. */
const secret = [
  "token",
  "authorization",
  "password",
  "secret",
  "clientSecret",
  "signingSecret",
  "botToken",
  "appToken",
  "credentials",
  "cookie",
  "appPassword",
  "passphrase",
  "encryptionKey",
  "apiKey",
  "value",
];
const content = ["text", "email", "userPrincipalName", "displayName", "content", "body"];
const hidden = new Set([...secret, ...content]);
const deepest = 5;

/** A log on standard output, or on `destination` (a file descriptor or a path). */
export function createLog(options: { readonly level: string; readonly destination?: string | number }): Log {
  return pino(
    { level: options.level, base: null, formatters: { log: hide }, serializers: { err: toErrorFacts } },
    pino.destination({ dest: options.destination ?? 1, sync: true }),
  );
}

/** A log that says nothing. */
export const silentLog: Log = pino({ level: "silent" });

type Facts = Record<string, unknown>;

/** What an error tells is chosen by its serializer. */
function hide({ err, ...facts }: Facts): Facts {
  return { ...hideIn(facts, 1), ...(err !== undefined && { err }) };
}

/**
 * The same object, or a copy where something in it is to be hidden. pino's own `redact` copies each value whole and tries a hundred paths on
 * it, which cost more than all else that is done for a line.
 */
function hideIn(facts: Facts, depth: number): Facts {
  let shown = facts;
  for (const [key, value] of Object.entries(facts)) {
    const safe = hidden.has(key) ? "[redacted]" : hideWithin(value, depth);
    if (safe === value) continue;
    if (shown === facts) shown = { ...facts };
    shown[key] = safe;
  }
  return shown;
}

function hideWithin(value: unknown, depth: number): unknown {
  if (depth === deepest || ArrayBuffer.isView(value)) return value;
  if (!Array.isArray(value)) return isFacts(value) ? hideIn(value, depth + 1) : value;
  const shown = value.map((each: unknown) => hideWithin(each, depth + 1));
  return shown.every((each, index) => each === value[index]) ? value : shown;
}

function isFacts(value: unknown): value is Facts {
  return typeof value === "object" && value !== null;
}

/** Our own errors: their messages hold no content. */
const ours = ["AgentError", "DeliveryError", "StoreError", "LeaseLost", "ConfigError"];

/** One line about an error that may be kept: our own words; of anybody else's error only what kind it is, for its words may quote. */
export function toSafeWords(error: unknown): string {
  if (!isError(error)) return typeof error;
  if (ours.includes(error.name) || isFromSystem(error)) return error.message;
  const code = codeOf(error);
  return code === undefined ? error.name : `${error.name} ${code}`;
}

/** An error for the log, with its causes: safe words, kind, code, and where it happened. */
function toErrorFacts(error: unknown, depth = 0): unknown {
  if (!isError(error) || depth > 6) return toSafeWords(error);
  // What a StoreError has for a cause was cleaned by the ledger.
  const cleaned = error.name === "StoreError" && isError(error.cause) ? { message: error.cause.message } : {};
  const cause = error.cause === undefined ? undefined : toErrorFacts(error.cause, depth + 1);
  return {
    type: error.name,
    message: toSafeWords(error),
    ...("kind" in error && typeof error.kind === "string" && ours.includes(error.name) ? { kind: error.kind } : {}),
    code: codeOf(error),
    at: toFrames(error),
    ...(cause !== undefined && { cause: typeof cause === "object" ? { ...cause, ...cleaned } : cause }),
    ...("errors" in error && Array.isArray(error.errors)
      ? { errors: error.errors.slice(0, 4).map((one: unknown) => toErrorFacts(one, depth + 1)) }
      : {}),
  };
}

/** Also one that another realm made, as Node's own are in a test. */
const isError = (value: unknown): value is Error => types.isNativeError(value) || value instanceof Error;

/** Node's own errors of files and sockets name a call and an address, never what was sent. */
function isFromSystem(error: Error): boolean {
  return "syscall" in error && "errno" in error;
}

function codeOf(error: Error): string | number | undefined {
  if (!("code" in error)) return undefined;
  if (typeof error.code === "number") return error.code;
  return typeof error.code === "string" && /^\w{1,60}$/.test(error.code) ? error.code : undefined;
}

/** The stack without the words before it. */
function toFrames(error: Error): string | undefined {
  const { stack = "", message } = error;
  const words = stack.indexOf(message);
  const frames = stack.slice(words < 0 ? 0 : words + message.length).split("\n");
  return (
    frames
      .filter((line) => /^ {4}at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim())
      .join("; ") || undefined
  );
}
