import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../model/errors.ts";

/**
 * Holds `<file>.lock` until it is released or the process ends, however it ends: the operating system frees it, also on kill -9.
 * Throws ConfigError while another process holds it.
 */
export function lockFile(file: string): { release(): void } {
  const lock = new DatabaseSync(`${file}.lock`);
  try {
    lock.exec("pragma busy_timeout = 0; pragma locking_mode = exclusive; begin exclusive");
  } catch (cause) {
    lock.close();
    throw new ConfigError(
      `store.url: ${file} is in use by another process. Stop that process, or give store.url a postgres:// address to run several at once.`,
      { cause },
    );
  }
  return { release: () => lock.close() };
}
