import { expect, test } from "@jest/globals";
import { createBook } from "../../../adapters/discord/book.ts";
import type { Rest } from "../../../adapters/discord/rest.ts";

const rest: Rest = { call: () => Promise.reject(new Error("nobody is to be asked")), stop: () => undefined };
const { signal } = new AbortController();

test("a channel of a server stays one, also where a message in it does not tell the server", async () => {
  const book = createBook(rest);
  book.addChannel({ id: "2", type: 0, guild_id: "1" });
  book.addDirect("2");
  book.addDirect("3");
  expect(await book.place("2", signal)).toEqual({ kind: "channel", guild: "1", channel: "2" });
  expect(await book.place("3", signal)).toEqual({ kind: "direct", channel: "3" });
});
