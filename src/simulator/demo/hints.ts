import type { Hint } from "../page/platform.ts";
import type { Room } from "./rooms.ts";

/** What the page says about each of these rooms; those that no room names are the direct chats with the app. */
export function toHints(ids: Iterable<string>, rooms: readonly Room[]): ReadonlyMap<string, Hint> {
  const direct = rooms.find(({ id }) => id === undefined);
  return new Map(
    [...ids].flatMap((id): [string, Hint][] => {
      const room = rooms.find((one) => one.id === id) ?? direct;
      return room === undefined ? [] : [[id, { hint: room.hint, tries: room.tries }]];
    }),
  );
}
