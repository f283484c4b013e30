import { toEndpoints } from "./clouds.ts";
import type { TeamsConfig } from "./config.ts";

/** Which addresses that come with activities may be called. The SDK calls any. */
export interface Hosts {
  /** Whether the bot's token, and what the agent said, may go there. */
  isService(url: string): boolean;
  /** Whether a file may be fetched from there, without the token. */
  isFile(url: string): boolean;
}

export function createHosts(config: Pick<TeamsConfig, "cloud" | "endpoints" | "insecureLocal">): Hosts {
  const { serviceHosts, fileHosts } = toEndpoints(config);
  const { connector } = config.endpoints;
  const standIn = connector === undefined ? undefined : new URL(connector).origin;
  const isOpen = (url: URL) => (config.insecureLocal ? isLoopback(url.hostname) : url.origin === standIn);
  return {
    isService: (text) => among(text, config.insecureLocal ? [] : serviceHosts, isOpen),
    isFile: (text) => among(text, config.insecureLocal ? [] : fileHosts, isOpen),
  };
}

function among(text: string, hosts: readonly string[], isOpen: (url: URL) => boolean): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return false;
  if (isOpen(url)) return true;
  return url.protocol === "https:" && url.port === "" && hosts.some((host) => isHost(url.hostname, host));
}

function isHost(hostname: string, host: string): boolean {
  return host.startsWith(".") ? hostname.endsWith(host) : hostname === host;
}

/** Of this machine, whoever names it. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i.test(hostname);
}
