/** A right that one process at a time has. */
export interface Lease {
  /** Aborted when the right is lost or given back: whatever it allowed must end at once. */
  readonly signal: AbortSignal;
  /** Gives the right back, so that another process has it at once. */
  release(): Promise<void>;
}

/** Rights by name, for what only one of several processes may do. A process that dies loses its own within seconds. */
export interface Leases {
  /** Resolves to undefined while another process has the right. Throws StoreError when the store does not answer. */
  take(name: string): Promise<Lease | undefined>;
}
