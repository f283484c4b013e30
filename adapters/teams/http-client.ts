import type { ConnectorClientOptions } from "botframework-connector";
import type { Clock } from "../../src/model/clock.ts";
import type { Tokens } from "./credentials.ts";
import { exchange, toRefusal } from "./exchange.ts";

export interface HttpClientOptions {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly tokens: Tokens | undefined;
}

/**
 * Requests of the SDK over our own `fetch`. An answer that is no success is thrown, so that the SDK, which would send some of them again,
 * has nothing to repeat. Only a token that is not taken (any more) is replaced once: then nothing was done.
 */
export function createHttpClient({ fetch, tokens, clock }: HttpClientOptions): NonNullable<ConnectorClientOptions["httpClient"]> {
  return {
    async sendRequest(request) {
      const signal = toSignal(request.abortSignal);
      const send = async (headers: Readonly<Record<string, string>>) =>
        exchange(
          fetch,
          request.url,
          { method: request.method, headers, ...(typeof request.body === "string" ? { body: request.body } : {}) },
          signal,
        );
      const given = Object.fromEntries(request.headers.headersArray().map(({ name, value }) => [name.toLowerCase(), value]));
      let answer = await send(given);
      if (answer.status === 401 && tokens) {
        tokens.forget((given.authorization ?? "").replace(/^Bearer /, ""));
        answer = await send({ ...given, authorization: `Bearer ${await tokens.get()}` });
      }
      if (answer.status < 200 || answer.status >= 300) throw toRefusal(answer, clock.now());
      const headers = request.headers.clone();
      for (const name of headers.headerNames()) headers.remove(name);
      headers.set("content-type", answer.headers.get("content-type") ?? "application/json");
      return { request, status: answer.status, headers, bodyAsText: answer.text };
    },
  };
}

type SignalLike = { readonly aborted: boolean; addEventListener(type: "abort", listener: () => void): void };

/** The SDK's signals have their own type, though they are ours. */
function toSignal(given: SignalLike | undefined): AbortSignal {
  if (given instanceof AbortSignal) return given;
  const controller = new AbortController();
  if (given?.aborted) controller.abort();
  given?.addEventListener("abort", () => controller.abort());
  return controller.signal;
}
