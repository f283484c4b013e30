/** What an operation of the Bot Connector came to. */
export interface Done {
  readonly status: number;
  readonly body?: unknown;
  /** More than the status says, for the log. */
  readonly outcome?: string;
}
