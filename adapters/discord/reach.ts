import { connect } from "node:net";
import { Routes } from "discord.js";
import { z } from "zod";
import type { Finding } from "../../src/model/adapter.ts";
import type { Rest } from "./rest.ts";

const gatewaySchema = z.object({ url: z.url() });
const patienceMs = 5_000;

/**
 * Whether the gateway can be reached the way Discord's SDK goes there: directly. Everything else goes through the bridge's own way out, and
 * so through its proxy. https://docs.discord.com/developers/events/gateway#get-gateway-bot
 */
export async function checkGateway(rest: Rest, signal: AbortSignal): Promise<Finding> {
  const what = "gateway";
  const answer = await rest.call("get", Routes.gatewayBot(), { name: "gateway", purpose: "read" }, signal).catch(() => undefined);
  const gateway = gatewaySchema.safeParse(answer).data;
  if (!gateway) return { what, state: "unknown", says: "Discord does not say where it is" };
  const { hostname, port, protocol } = new URL(gateway.url);
  const at = Number(port) || (protocol === "ws:" ? 80 : 443);
  return (await answers(hostname, at, signal))
    ? { what, state: "good", says: `${hostname} can be reached directly` }
    : { what, state: "bad", says: `let this machine reach ${hostname}, port ${at}, directly: outbound.proxy does not hold for it` };
}

function answers(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const line = connect({ host: host.replace(/^\[|\]$/g, ""), port, timeout: patienceMs });
    const end = (isThere: boolean) => {
      signal.removeEventListener("abort", stop);
      line.destroy();
      resolve(isThere);
    };
    const stop = () => end(false);
    signal.addEventListener("abort", stop, { once: true });
    line.once("connect", () => end(true));
    line.once("timeout", stop);
    line.once("error", stop);
  });
}
