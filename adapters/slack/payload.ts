/** A payload that is still to be checked. */
export type Payload = Readonly<Record<string, unknown>>;

/**
 * The payload of a request: Events API bodies are JSON, clicks are JSON in the field `payload` of a form, commands are a form.
 * Undefined when it is none of these.
 */
export function parsePayload(contentType: string | undefined, body: Uint8Array): Payload | undefined {
  const mediaType = (contentType ?? "").split(";")[0]?.trim().toLowerCase();
  const text = new TextDecoder().decode(body);
  if (mediaType === "application/json") return parseObject(text);
  if (mediaType !== "application/x-www-form-urlencoded") return undefined;
  const form = new URLSearchParams(text);
  const payload = form.get("payload");
  if (payload !== null) return parseObject(payload);
  return form.has("command") || form.has("ssl_check") ? Object.fromEntries(form) : undefined;
}

/** The value as an object's fields; undefined for anything else. */
export function asObject(value: unknown): Payload | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined for what is no JSON, or JSON of something else. */
export function parseObject(text: string): Payload | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined; // not JSON: the caller knows what that means
  }
}

/** Whether a payload was meant for the workspace and the app that we are. A shared channel's events name us in `authorizations`. */
export function isForUs(payload: Payload, us: { readonly team: string; readonly app: string | undefined }): boolean {
  const app = payload.api_app_id;
  if (us.app !== undefined && app !== undefined && app !== us.app) return false;
  const { authorizations } = payload;
  if (Array.isArray(authorizations) && authorizations.length > 0) return authorizations.some((one) => asObject(one)?.team_id === us.team);
  return (payload.team_id ?? asObject(payload.team)?.id) === us.team;
}
