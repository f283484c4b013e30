import { afterEach, expect, test } from "@jest/globals";
import { textReply } from "../../../src/model/reply.ts";
import { until } from "../../support/until.ts";
import { createDiscordWorld } from "./discord-world.ts";

let world: Awaited<ReturnType<typeof createDiscordWorld>> | undefined;
afterEach(() => world?.stop());

test("a live message of which nobody heard is found, and the answer takes its place", async () => {
  world = await createDiscordWorld();
  const { adapter, received } = world;
  await world.mention("tell me a story");
  const { thread, author } = await until(() => received[0]);
  const { signal } = new AbortController();
  const live = await adapter.live?.(thread, author, signal);
  const found = await adapter.findLive?.(thread, author, 0, signal);
  expect(found).toEqual(live?.posted);
  if (!found) throw new Error("nothing was found");
  await adapter.edit(found, textReply("Once upon a time", "answer"), "d1", signal);
  expect(world.seen(thread).map(({ text }) => text)).toEqual(["Once upon a time"]);
});
