import { z } from "zod";

/** The `slack` section of the configuration. */
export const slackSchema = z
  .strictObject({
    botToken: z.string().regex(/^xoxb-/, "is the bot user's token of the installed app; it begins with xoxb-"),
    /** Chooses Socket Mode: the bridge connects to Slack, and Slack needs no address of the bridge. */
    appToken: z
      .string()
      .regex(/^xapp-/, "is an app-level token with the scope connections:write, from Basic Information; it begins with xapp-")
      .optional(),
    /** Signed HTTP, where there is no `appToken`. */
    signingSecret: z.string().min(1, "is the app's signing secret; Slack shows it under Basic Information").optional(),
    /** Where the Web API is; another address is for stand-ins. */
    apiUrl: z.url({ protocol: /^https?$/ }).default("https://slack.com/api/"),
    /** `chat`: a direct message channel is one conversation without an end. `threads`: each thread in it is one, as in channels. */
    directMessages: z.enum(["chat", "threads"]).default("chat"),
    command: z
      .string()
      .regex(/^\/[a-z0-9_-]{1,31}$/, "begins with a slash and has lower-case letters, digits, - and _")
      .default("/agent"),
    /** Shows "Good answer" and "Bad answer" under what an agent said. */
    feedbackButtons: z.boolean().default(false),
    /** How fast is posted in one channel. Slack allows one message a second, with short bursts. */
    pace: z
      .strictObject({ perSecond: z.number().positive().max(20).default(1), burst: z.number().int().min(1).max(20).default(4) })
      .default({ perSecond: 1, burst: 4 }),
  })
  .refine(({ appToken, signingSecret }) => appToken !== undefined || signingSecret !== undefined, {
    path: ["signingSecret"],
    message: "is missing, and so is appToken",
  });

export type SlackConfig = z.infer<typeof slackSchema>;
