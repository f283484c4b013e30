type Received = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The headers of an answer. Most readers ask for one or two by name, and get those from what undici has parsed; the platform's own list,
 * which checks each name and value once more, is made for whoever wants more than that.
 */
export class ReceivedHeaders implements Headers {
  readonly #received: Received;
  #whole: Headers | undefined;

  /** By lower-case names, as undici gives them. */
  constructor(received: Received) {
    this.#received = received;
  }

  get(name: string): string | null {
    if (this.#whole) return this.#whole.get(name);
    const value = this.#valueOf(name);
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  }

  has(name: string): boolean {
    return this.#whole?.has(name) ?? this.#valueOf(name) !== undefined;
  }

  append(name: string, value: string): void {
    this.#asWhole().append(name, value);
  }

  set(name: string, value: string): void {
    this.#asWhole().set(name, value);
  }

  delete(name: string): void {
    this.#asWhole().delete(name);
  }

  getSetCookie(): string[] {
    return this.#asWhole().getSetCookie();
  }

  forEach(...args: Parameters<Headers["forEach"]>): void {
    this.#asWhole().forEach(...args);
  }

  entries() {
    return this.#asWhole().entries();
  }

  keys() {
    return this.#asWhole().keys();
  }

  values() {
    return this.#asWhole().values();
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  #valueOf(name: string): string | string[] | undefined {
    const lower = name.toLowerCase();
    return Object.hasOwn(this.#received, lower) ? this.#received[lower] : undefined;
  }

  #asWhole(): Headers {
    this.#whole ??= toHeaders(this.#received);
    return this.#whole;
  }
}

function toHeaders(received: Received): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(received)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  return headers;
}
