import type { Parts } from "./bridge/parts.ts";
import type { Config } from "./config.ts";
import { createGuardedFetch } from "./http/fetch.ts";
import { download } from "./model/download.ts";
import { DeliveryError } from "./model/errors.ts";

export interface AgentFiles {
  readonly fetchFile: Parts["fetchFile"];
  close(): Promise<void>;
}

/**
 * Files that agents name by their address. What an agent says is untrusted: only its own host is reached by the rules of the configuration,
 * which may allow private networks; any other address has to be a public one. No credentials go along.
 */
export function createAgentFiles({ config, fetch }: { readonly config: Config; readonly fetch: typeof globalThis.fetch }): AgentFiles {
  const open = createGuardedFetch({ ...config.outbound, allowPrivateNetworks: false });
  const maxBytes = config.limits.fileMB * 1_048_576;
  return {
    async fetchFile({ agent, url, mediaType }, signal) {
      if (!isHttp(url)) throw new DeliveryError("fileRefused", "the address of a file is none", { explanation: "its address is none" });
      const home = agent === undefined ? undefined : config.agents[agent]?.url;
      const isOwn = home !== undefined && new URL(home).origin === new URL(url).origin;
      return download(isOwn ? fetch : open.fetch, { url, maxBytes, mediaType, denied: "its address does not hand it out" }, signal);
    },
    close: () => open.close(),
  };
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}
