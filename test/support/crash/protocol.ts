import { z } from "zod";

/** What the tests and the bridge in its own process say to each other: one line of JSON each. */

/** Where the bridge kills itself: when this failpoint is reached for the `hit`th time since the process started or was armed. */
const killSchema = z.object({ failpoint: z.string(), hit: z.number() });
export type Kill = z.infer<typeof killSchema>;

/** The first argument of the process. */
export const startSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  logFile: z.string(),
  kill: killSchema.optional(),
  /** Where the path is held up for so long, whenever it comes there. */
  hold: z.object({ failpoint: z.string(), ms: z.number() }).optional(),
});
export type Start = z.input<typeof startSchema>;

export const askSchema = z.discriminatedUnion("kind", [
  /** Counts hits a second time from zero, and kills by that count if asked to. */
  z.object({ kind: z.literal("arm"), kill: killSchema.optional() }),
  z.object({ kind: z.literal("hits") }),
  z.object({ kind: z.literal("rows") }),
  /** What was posted in these lanes. */
  z.object({ kind: z.literal("account"), lanes: z.array(z.string()) }),
  z.object({ kind: z.literal("stop") }),
]);
export type Ask = z.input<typeof askSchema>;

const accountSchema = z.object({ posts: z.array(z.object({ delivery: z.string(), message: z.string() })) });
/** The deliveries that are done, and the message on the platform that each of them was. */
export type Account = z.infer<typeof accountSchema>;

export const answerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), url: z.string() }),
  z.object({ kind: z.literal("dies"), failpoint: z.string(), hit: z.number() }),
  z.object({ kind: z.literal("armed") }),
  z.object({ kind: z.literal("hits"), total: z.record(z.string(), z.number()), sinceArmed: z.record(z.string(), z.number()) }),
  /** `open` are all that are not done; `tasks` those of them that wait for an agent. */
  z.object({ kind: z.literal("rows"), open: z.number(), tasks: z.number(), buried: z.number() }),
  /** With its metrics, in the text format of Prometheus. */
  accountSchema.extend({ kind: z.literal("account"), metrics: z.string() }),
]);
export type Answer = z.infer<typeof answerSchema>;
