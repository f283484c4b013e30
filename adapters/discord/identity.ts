import { Routes } from "discord.js";
import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import { badToken } from "./gateway.ts";
import type { Rest } from "./rest.ts";

const selfSchema = z.object({ id: z.string() });

/** Asks Discord who we are: the id of the bot's user. Rejects with a ConfigError that names the remedy when the token is not good. */
export async function identify(rest: Rest, signal: AbortSignal): Promise<string> {
  try {
    return selfSchema.parse(await rest.call("get", Routes.user(), { name: "who am I", purpose: "read" }, signal)).id;
  } catch (error) {
    if (error instanceof DeliveryError && error.kind === "refused") throw badToken(error);
    throw error;
  }
}
