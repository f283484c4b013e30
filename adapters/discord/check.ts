import { ApplicationFlags, Routes } from "discord.js";
import { z } from "zod";
import type { Finding } from "../../src/model/adapter.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { DiscordConfig } from "./config.ts";
import { identify } from "./identity.ts";
import { checkGateway } from "./reach.ts";
import type { Rest } from "./rest.ts";

const applicationSchema = z.object({ id: z.string(), flags: z.number().default(0) });

/** Looks at the application without connecting, and changes nothing. https://discord.com/developers/docs/resources/application */
export async function check(config: DiscordConfig, rest: Rest, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    await identify(rest, signal);
  } catch (error) {
    const passing = error instanceof DeliveryError && error.kind === "unavailable";
    return [
      {
        what: "bot token",
        state: passing ? "unknown" : "bad",
        says: error instanceof Error ? error.message : "Discord does not say who the bot is",
      },
    ];
  }
  const token: Finding = { what: "bot token", state: "good", says: "Discord accepts it" };
  const guilds = await Promise.all((config.guilds ?? []).map((guild) => checkGuild(guild, rest, signal)));
  return [token, ...(await checkApplication(config, rest, signal)), await checkGateway(rest, signal), ...guilds];
}

async function checkApplication({ applicationId }: DiscordConfig, rest: Rest, signal: AbortSignal): Promise<readonly Finding[]> {
  const answer = await rest
    .call("get", Routes.currentApplication(), { name: "application", purpose: "read" }, signal)
    .catch(() => undefined);
  const application = applicationSchema.safeParse(answer).data;
  if (!application) return [{ what: "application", state: "unknown", says: "Discord does not show it" }];
  const own = application.id === applicationId;
  const reads = (application.flags & (ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited)) !== 0;
  return [
    {
      what: "application id",
      state: own ? "good" : "bad",
      says: own ? "it is the token's" : `discord.applicationId: the token belongs to the application ${application.id}`,
    },
    {
      what: "message content",
      state: reads ? "good" : "bad",
      says: reads ? "the intent is switched on" : "switch on Message Content Intent in the developer portal, under Bot",
    },
  ];
}

async function checkGuild(guild: string, rest: Rest, signal: AbortSignal): Promise<Finding> {
  const answer = await rest.call("get", Routes.guild(guild), { name: "server", purpose: "read" }, signal).catch(() => undefined);
  return answer === undefined
    ? { what: `server ${guild}`, state: "bad", says: "discord.guilds: the bot is not in it; add it with the install link" }
    : { what: `server ${guild}`, state: "good", says: "the bot is in it" };
}
