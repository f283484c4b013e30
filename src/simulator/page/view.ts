import type { Dialog, Person, Platform, Room, Shown } from "./platform.ts";

/** All that the page shows to one person at one time. */
export interface View {
  /** Every platform with its rooms, as this person sees them. */
  readonly platforms: readonly {
    readonly id: string;
    readonly name: string;
    readonly home: string;
    readonly transport: string;
    readonly app: Platform["app"];
    readonly people: readonly Person[];
    readonly user: Person;
    readonly rooms: readonly Room[];
  }[];
  readonly platform: string;
  readonly room: string;
  readonly shown: Shown;
  readonly thread: (Shown & { readonly root: string }) | undefined;
  readonly dialog: Dialog | undefined;
  /** Whether the page can show what is behind the scenes. */
  readonly backstage: boolean;
}

/** Unknown ones fall back to what there is. `user` is a name: somebody has the same on every platform. */
export interface Place {
  readonly platform: string | null;
  readonly room: string | null;
  readonly thread: string | null;
  readonly user: string | null;
}

const nothing: Shown = { messages: [], status: "", stop: false };

/** What a person sees of a room and of one of its threads, and what rooms there are. */
export function toView(
  { platforms, backstage }: { readonly platforms: readonly Platform[]; readonly backstage?: unknown },
  place: Place,
): View {
  const all = platforms.map((platform) => {
    const people = platform.people();
    const user = people.find(({ name }) => name === place.user) ?? people[0] ?? { id: "", name: "", standing: "" };
    const { id, name, home, transport, app } = platform;
    return { id, name, home, transport, app, people, user, rooms: platform.rooms(user.id) };
  });
  const here = all.find(({ id }) => id === place.platform) ?? all[0];
  const platform = platforms.find(({ id }) => id === here?.id);
  const room = (here?.rooms.find(({ id }) => id === place.room) ?? here?.rooms[0])?.id ?? "";
  const user = here?.user.id ?? "";
  const same = room === place.room;
  return {
    platforms: all,
    platform: platform?.id ?? "",
    room,
    shown: platform?.room(room, user) ?? nothing,
    thread: same && place.thread ? toThread(platform, room, place.thread, user) : undefined,
    dialog: platform?.dialog?.(user),
    backstage: backstage !== undefined,
  };
}

function toThread(platform: Platform | undefined, room: string, thread: string, user: string): View["thread"] {
  const shown = platform?.thread(room, thread, user);
  return shown && { ...shown, root: thread };
}
