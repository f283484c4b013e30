import { z } from "zod";

const snowflake = z.string().regex(/^\d{15,21}$/, "is not an id of Discord: 17 to 20 digits, in quotes");

/** The `discord` section of the configuration. */
export const discordSchema = z.strictObject({
  /** Three parts with dots between them; a stand-in may have any. */
  token: z.string().min(1, "is empty; the developer portal shows the bot's token under Bot, Reset Token"),
  applicationId: snowflake,
  /** Where the REST API is, without its version; another address is for stand-ins. */
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .default("https://discord.com/api")
    .transform((url) => url.replace(/\/+$/, "")),
  /** The servers that are served; unset: every server that the bot was added to. */
  guilds: z.array(snowflake).optional(),
  /** How far back messages are looked for that were written while the bridge was away. */
  backfillMinutes: z.number().int().min(0).max(1_440).default(60),
  /** Shows thumbs under what an agent said. */
  feedbackButtons: z.boolean().default(true),
});

export type DiscordConfig = z.output<typeof discordSchema>;
