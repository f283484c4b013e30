import type { Platform } from "../page/platform.ts";
import type { Room } from "./rooms.ts";

/** One platform of the demo: a simulator with people and rooms in it, its view for the page, and what the bridge is told about it. */
export interface DemoPlatform {
  readonly platform: Platform;
  /** Its part of the bridge's configuration: one section, under the platform's name. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly rooms: readonly Room[];
  /** Tells the simulator where the bridge listens. */
  connect(bridgeUrl: string): void;
  /** What its admin runs once beside the bridge, behind the program's name. */
  readonly admin?: readonly string[];
  /** From now on, and until it is called with false, every call is answered with 429 and a wish to wait two seconds. */
  limit(on: boolean): void;
  stop(): Promise<void>;
}
