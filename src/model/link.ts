/** What a link to a message says about its place. Parts that the link does not name are absent. */
export interface MessageLink {
  readonly platform: string;
  readonly workspace?: string;
  readonly channel?: string;
  /** The threads that the message may stand in: a link does not always tell. */
  readonly threads: readonly string[];
  /** The platform's id of the message. */
  readonly message: string;
}
