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
    /**
     * `chat`: a direct message channel is one conversation without an end. `threads`: each thread in it is one, as in channels.
     * `off`: the app is not for direct messages.
     */
    directMessages: z.enum(["chat", "threads", "off"]).default("chat"),
    command: z
      .union([
        z.string().regex(/^\/[a-z0-9_-]{1,31}$/, "begins with a slash and has lower-case letters, digits, - and _"),
        z.literal(false),
      ])
      .default("/agent"),
    /** Slack knows the app as an agent: its threads show Slack's stop button while the agent works. */
    agentView: z.boolean().default(true),
    files: z.boolean().default(true),
    /** Addresses of people, which prove to agents who they are. */
    emails: z.boolean().default(true),
    /** The sign that is left where Slack shows no status. */
    reactions: z.boolean().default(true),
    /** Shows "Good answer" and "Bad answer" under what an agent said. */
    feedbackButtons: z.boolean().default(false),
    /** How fast is posted in one channel. Slack allows one message a second, with short bursts. */
    pace: z
      .strictObject({ perSecond: z.number().positive().max(20).default(1), burst: z.number().int().min(1).max(20).default(4) })
      .default({ perSecond: 1, burst: 4 }),
    /** What `manifest slack` calls the app. */
    manifest: z
      .strictObject({
        name: z.string().min(1).max(35).default("Agent Bridge"),
        description: z.string().min(1).max(140).default("Ask your company's agents, in a channel or in a direct message."),
      })
      .prefault({}),
  })
  .refine(({ appToken, signingSecret }) => appToken !== undefined || signingSecret !== undefined, {
    path: ["signingSecret"],
    message: "is missing, and so is appToken",
  });

export type SlackConfig = z.infer<typeof slackSchema>;
