import { Script } from "node:vm";

/** Less than the 107 s after which V8 has forgotten it. */
const oftenMs = 90_000;

/**
 * Lets V8 give back, some seconds after a burst, the memory that it needed for it. V8 does so once a process allocates little, and the
 * V8 of Node 24 to 26 takes a process for a busy one that allocates no object of the C++ heap at all: what was needed once stays resident,
 * often for good. A script is such an object, as small as they are.
 */
export function giveBackMemory(): void {
  const allocate = () => void new Script("0");
  allocate();
  setInterval(allocate, oftenMs).unref();
}
