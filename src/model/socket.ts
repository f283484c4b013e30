/** A WebSocket to a platform. */
export interface Socket {
  /** Goes nowhere, without a word, when the socket is closed: `closed` has told. */
  send(text: string): void;
  /** Asks the other side for a sign of life, which comes as `heard`. */
  ping(): void;
  /** Takes leave, and cuts a second later what is still open then. */
  close(): void;
  /** Ends it at once, as a broken line does. */
  cut(): void;
}

export interface SocketListener {
  message(text: string): void;
  /** Anything came: a message, a ping, a pong. */
  heard(): void;
  /** Once, and nothing after it. The code is 1006 when nobody took leave (RFC 6455, 7.4.1). */
  closed(code: number): void;
}

/**
 * Opens a WebSocket under the rules for outgoing requests: addresses, proxy, authorities. Resolves when messages can be sent. Rejects as
 * `fetch` does, with a `code` where the network told one. The signal cuts it, at any time.
 */
export type OpenSocket = (url: string, listener: SocketListener, signal: AbortSignal) => Promise<Socket>;
