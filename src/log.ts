import { pino } from "pino";

/** What every part logs through. Facts first, then a few lower-case words: `log.warn({ thread, attempt, err }, "delivery failed")`. */
export type Log = Pick<pino.Logger, "debug" | "info" | "warn" | "error" | "fatal"> & { child(facts: Record<string, unknown>): Log };

/** Keys whose values never reach a log, wherever they stand up to four levels deep. */
const secret = ["token", "authorization", "password", "secret", "clientSecret", "signingSecret", "botToken", "credentials", "cookie"];
const content = ["text", "email", "userPrincipalName", "displayName", "content", "body"];
const paths = [...secret, ...content].flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`]);

/** A log on standard output, or on `destination` (a file descriptor or a path). */
export function createLog(options: { readonly level: string; readonly destination?: string | number }): Log {
  return pino(
    { level: options.level, base: null, redact: { paths, censor: "[redacted]" } },
    pino.destination({ dest: options.destination ?? 1, sync: true }),
  );
}

/** A log that says nothing. */
export const silentLog: Log = pino({ level: "silent" });
