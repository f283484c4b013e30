import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlackAdapter } from "../../../adapters/slack/index.ts";
import { createApp } from "../../../src/app.ts";
import { parseConfig } from "../../../src/config.ts";
import { createGuardedFetch } from "../../../src/http/fetch.ts";
import { silentLog } from "../../../src/log.ts";
import { createSlackSimulator, type SlackSimulator } from "../../../src/simulator/slack/simulator.ts";

/** A bridge whose way out is guarded by its own configuration, as `main` makes it. */
export interface GuardedWorld {
  readonly slack: SlackSimulator;
  stop(): Promise<void>;
}

export async function createGuardedWorld(raw: Readonly<Record<string, unknown>>): Promise<GuardedWorld> {
  const folder = await mkdtemp(join(tmpdir(), "guarded-"));
  const slack = await createSlackSimulator({ channels: [{ id: "C2" }] });
  const store = { url: `sqlite:${join(folder, "bridge.db")}` };
  const config = parseConfig({ listen: { host: "127.0.0.1", port: 0 }, store, slack: slack.config, ...raw }, {});
  const guarded = createGuardedFetch(config.outbound);
  const app = await createApp({
    config,
    log: silentLog,
    ...guarded,
    adapters: async (shared) => (config.slack ? [createSlackAdapter({ ...shared, config: config.slack })] : []),
    pace: { reach: [50, 100] },
  });
  const { url } = await app.start();
  slack.target(`${url}/slack/events`);
  return {
    slack,
    async stop() {
      await app.stop();
      await slack.stop();
      await guarded.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
