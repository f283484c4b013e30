import { refuse } from "./refusal.ts";

/** Arguments of one call, objects decoded. */
export type Args = Readonly<Record<string, unknown>>;

/** Arguments that arrive JSON-encoded inside form encoding. */
const encoded = ["blocks", "chunks", "metadata", "prompts", "files", "loading_messages", "attachments", "view"];

/** The arguments of a request body, form-encoded or JSON. Anything else is refused as Slack does. */
export function parseArgs(contentType: string, body: string): Args {
  if (contentType.startsWith("application/json")) {
    const parsed = parseJson(body, "invalid_json");
    return isRecord(parsed) ? parsed : refuse("json_not_object");
  }
  if (body !== "" && !contentType.startsWith("application/x-www-form-urlencoded")) return refuse("invalid_post_type");
  const args: Record<string, unknown> = Object.fromEntries(new URLSearchParams(body));
  for (const key of encoded) {
    const value = args[key];
    if (typeof value === "string") args[key] = parseJson(value, invalidEncoding(key));
  }
  return args;
}

function invalidEncoding(key: string): string {
  if (key === "blocks" || key === "chunks") return `invalid_${key}_format`;
  return key === "metadata" ? "invalid_metadata_format" : "invalid_arguments";
}

function parseJson(text: string, error: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(error); // what the caller sent is not JSON: that is all there is to say
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text argument; an empty one counts as absent. */
export function textArg(args: Args, key: string): string | undefined {
  const value = args[key];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function requiredArg(args: Args, key: string): string {
  const value = textArg(args, key);
  if (value === undefined)
    return refuse("invalid_arguments", { response_metadata: { messages: [`[ERROR] missing required field: ${key}`] } });
  return value;
}

export function flagArg(args: Args, key: string): boolean {
  return ["true", "1", true, 1].some((yes) => yes === args[key]);
}
