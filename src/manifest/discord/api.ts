import { z } from "zod";
import type { Clock } from "../../model/clock.ts";
import { ConfigError } from "../../model/errors.ts";

export interface ApiOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Calls Discord for an admin. Rejects with a ConfigError that says what is wrong and what to do. */
export type CallDiscord = (method: "GET" | "PATCH" | "PUT", path: string, body?: unknown) => Promise<unknown>;

const refusalSchema = z.looseObject({
  message: z.string().optional(),
  code: z.number().optional(),
  errors: z.unknown().optional(),
  retry_after: z.number().optional(),
});
type Refusal = z.infer<typeof refusalSchema>;

const timeoutMs = 15_000;
const mostTries = 4;

export function createCallDiscord(options: ApiOptions): CallDiscord {
  return async (method, path, body) => {
    for (let nth = 1; ; nth++) {
      const response = await send(options, method, path, body);
      const text = await response.text();
      if (response.ok) return parse(text);
      const refusal: Refusal = refusalSchema.safeParse(parse(text)).data ?? {};
      const waitMs = response.status === 429 ? (refusal.retry_after ?? 1) * 1_000 : response.status >= 500 ? 500 * nth : undefined;
      if (waitMs === undefined || nth === mostTries) throw toConfigError(`${method} ${path}`, response.status, refusal);
      await options.clock.sleep(Math.min(waitMs, 60_000), options.signal);
    }
  };
}

async function send({ apiUrl, token, fetch, signal }: ApiOptions, method: string, path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(`${apiUrl}/v10${path}`, {
      method,
      headers: {
        authorization: `Bot ${token}`,
        // Discord wants to know who calls (docs: user agent).
        "user-agent": "DiscordBot (a2a-chat-bridge, 1)",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (cause) {
    throw new ConfigError(`Discord cannot be reached at ${apiUrl} (discord.apiUrl, outbound). Nothing was changed by this call.`, {
      cause,
    });
  }
}

function toConfigError(call: string, status: number, { message = "no reason", code, errors }: Refusal): ConfigError {
  if (status === 401)
    return new ConfigError(
      "discord.token: Discord does not accept it. Reset the token in the developer portal under Bot, and put the new one there.",
    );
  const where = errors === undefined ? "" : ` ${JSON.stringify(errors)}`;
  return new ConfigError(`Discord refused ${call}: ${message} (${status}${code === undefined ? "" : `, ${code}`}).${where}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page of whatever stands before Discord: the status tells
  }
}
