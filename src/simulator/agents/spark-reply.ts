/** What Spark says to one message. */
export type SparkReply =
  /** Said at once. */
  | string
  /** No answer, ever. */
  | undefined
  | { readonly text: string; readonly state?: "completed" | "input-required" | "failed"; readonly delayMs?: number };
