import type { ThreadRef } from "../model/thread.ts";

/** Which agent answers where. First match wins; a route without conditions answers everywhere. */
export interface Route {
  readonly agent: string;
  readonly platform?: string | undefined;
  readonly workspace?: string | undefined;
  readonly channel?: string | undefined;
  /** Who may go on in a thread without mentioning the bot again. */
  readonly followUps: FollowUps;
}

/** `thread`: everybody there. `asker`: who began the conversation. `mention`: nobody. */
export type FollowUps = "thread" | "asker" | "mention";

export function toRoute(routes: readonly Route[], thread: ThreadRef): Route | undefined {
  return routes.find((route) => matches(route, thread));
}

export function matches(route: Route, thread: ThreadRef): boolean {
  return (
    (route.platform === undefined || route.platform === thread.platform) &&
    (route.workspace === undefined || route.workspace === thread.workspace) &&
    (route.channel === undefined || route.channel === thread.channel)
  );
}
