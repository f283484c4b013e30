/** What the service answers when it does not do what it was asked for. Codes: docs, opcodes and status codes, JSON error codes. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: number;
  readonly errors: unknown;
  constructor(status: number, code: number, message: string, errors?: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

const known = {
  unknownChannel: [404, 10003, "Unknown Channel"],
  unknownGuild: [404, 10004, "Unknown Guild"],
  unknownMember: [404, 10007, "Unknown Member"],
  unknownMessage: [404, 10008, "Unknown Message"],
  unknownUser: [404, 10013, "Unknown User"],
  unknownWebhook: [404, 10015, "Unknown Webhook"],
  unknownInteraction: [404, 10062, "Unknown interaction"],
  tooLarge: [413, 40005, "Request entity too large"],
  inForum: [400, 40058, "Cannot message this type of channel"],
  acknowledged: [400, 40060, "Interaction has already been acknowledged."],
  missingAccess: [403, 50001, "Missing Access"],
  othersMessage: [403, 50005, "Cannot edit a message authored by another user"],
  emptyMessage: [400, 50006, "Cannot send an empty message"],
  closedDirects: [403, 50007, "Cannot send messages to this user"],
  notText: [400, 50008, "Cannot send messages in a non-text channel"],
  missingPermissions: [403, 50013, "Missing Permissions"],
  wrongChannelType: [400, 50024, "Cannot execute action on this channel type"],
  badWebhookToken: [401, 50027, "Invalid Webhook Token"],
  archived: [400, 50083, "Thread is archived"],
  manyOldEdits: [429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later."],
  threadExists: [400, 160004, "A thread has already been created for this message"],
  threadLocked: [403, 160005, "Thread is locked"],
} as const;

/** Throws the refusal that Discord has for this. */
export function refuse(reason: keyof typeof known): never {
  const [status, code, message] = known[reason];
  throw new Refusal(status, code, message);
}

/** Throws "Invalid Form Body" about one field, such as `content` or `components.0.type`. */
export function refuseForm(field: string, code: string, message: string): never {
  const leaf: unknown = { _errors: [{ code, message }] };
  const errors = field.split(".").reduceRight((inner, key) => ({ [key]: inner }), leaf);
  throw new Refusal(400, 50035, "Invalid Form Body", errors);
}
