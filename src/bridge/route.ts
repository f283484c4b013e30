import type { ThreadRef } from "../model/thread.ts";

/** Which agent answers where. First match wins; a route without conditions answers everywhere. */
export interface Route {
  readonly agent: string;
  readonly platform?: string | undefined;
  readonly workspace?: string | undefined;
  readonly channel?: string | undefined;
  /** Only for people who have this role there. */
  readonly role?: string | undefined;
  /** Who may go on in a thread without mentioning the bot again. */
  readonly followUps: FollowUps;
}

/** `thread`: everybody there. `asker`: who began the conversation. `mention`: nobody. */
export type FollowUps = "thread" | "asker" | "mention";

/** For a person with these roles; where they chose an agent, of the routes to that agent. */
export function toRoute(routes: readonly Route[], thread: ThreadRef, roles: readonly string[] = [], agent?: string): Route | undefined {
  return routes.find((route) => matches(route, thread) && isFor(route, roles) && (agent === undefined || route.agent === agent));
}

/** False where an agent answers here for certain roles only, and the person has none of them. */
export function mayAsk(routes: readonly Route[], thread: ThreadRef, roles: readonly string[] = [], agent: string): boolean {
  const there = routes.filter((route) => route.agent === agent && matches(route, thread));
  return there.length === 0 || there.some((route) => isFor(route, roles));
}

function isFor({ role }: Route, roles: readonly string[]): boolean {
  return role === undefined || roles.includes(role);
}

/** Whether a route is for this place, whoever asks. */
export function matches(route: Route, thread: ThreadRef): boolean {
  return (
    (route.platform === undefined || route.platform === thread.platform) &&
    (route.workspace === undefined || route.workspace === thread.workspace) &&
    (route.channel === undefined || route.channel === thread.channel)
  );
}
