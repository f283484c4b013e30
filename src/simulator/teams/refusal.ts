/** What the service answers when it does not do what it was asked for. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Throws the refusal. */
export function refuse(status: number, code: string, message: string): never {
  throw new Refusal(status, code, message);
}
