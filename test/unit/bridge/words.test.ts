import { expect, test } from "@jest/globals";
import { toRoute } from "../../../src/bridge/route.ts";
import { toControlWord } from "../../../src/bridge/words.ts";
import { threadKey } from "../../../src/model/thread.ts";

test.each([
  ["stop", "stop"], [" Stop! ", "stop"], ["cancel", "stop"], ["NEW", "new"], ["reset", "new"], ["status?", "status"], ["/help", "help"], ["Again.", "again"],
  ["Stop !", "stop"], ["stop,", "stop"], ["stop …", "stop"], ["`again`", "again"], ["\u201cnew\u201d", "new"], [", help", "help"],
])("%j alone is the word %s", (text, word) => {
  expect(toControlWord(text)).toBe(word);
}); // biome-ignore format: one table

test.each(["stop the printer", "", "news", "constructor", "help me", "`", "!", "`stop` the printer"])("%j is for the agent", (text) => {
  expect(toControlWord(text)).toBeUndefined();
});

test("a long message is told from a word at once, whatever it consists of", () => {
  const began = performance.now();
  for (const mark of ["!", " ", "`"]) expect(toControlWord(`x${mark.repeat(100_000)}x`)).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(1_000);
});

test("the first route that fits wins, and one without conditions fits everywhere", () => {
  const routes = [
    { agent: "hr", platform: "slack", channel: "C1", followUps: "asker" },
    { agent: "rest", followUps: "asker" },
  ] as const;
  const thread = { platform: "slack", workspace: "T1", channel: "C1", thread: "1", address: null };
  expect(toRoute(routes, thread)?.agent).toBe("hr");
  expect(toRoute(routes, { ...thread, channel: "C2" })?.agent).toBe("rest");
  expect(toRoute(routes.slice(0, 1), { ...thread, platform: "teams" })).toBeUndefined();
});

test("no two threads share a key, whatever their ids contain", () => {
  const one = { platform: "teams", workspace: "a:b", channel: "c", thread: "d", address: null };
  expect(threadKey(one)).not.toBe(threadKey({ ...one, workspace: "a", channel: "b:c" }));
});
