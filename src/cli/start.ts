import { configOption, defineCommand, namedConfig } from "./command.ts";

export const start = defineCommand({
  name: "start",
  words: [],
  summary: "run the bridge; never falls back to the demo",
  options: { config: configOption },
  more: `Logs JSON lines to standard output. SIGTERM or Ctrl+C stops it in good order: what is under way is handed over
within a few seconds, and what was committed goes on with the next start. A second signal ends it at once.`,
  parse: namedConfig,
  run: ({ path }, host) => host.bridge(path),
});
