import { expect, test } from "@jest/globals";
import { openFile } from "../../../adapters/discord/open.ts";
import type { Rest } from "../../../adapters/discord/rest.ts";
import { raw } from "./fixture.ts";

test("a file of a forwarded message whose address has run out is fetched by the next one", async () => {
  const channel = "1441000000000000001";
  const message = "1441012345678901440";
  const rest: Rest = { call: async () => raw("forwarded"), stop: () => undefined };
  const asked: string[] = [];
  const fetchFrom: typeof fetch = async (input) => {
    asked.push(String(input));
    return new Response("bytes", { status: String(input).includes("ex=0") ? 404 : 200 });
  };
  const url = "https://cdn.discordapp.com/attachments/613425648685547545/1441012345678901501/fire.png?ex=0";
  const file = { id: "1441012345678901501", name: "fire.png", mediaType: "image/png", size: 5, source: { url, channel, message } };

  const bytes = await openFile(file, 100, { apiUrl: "https://discord.com/api", fetch: fetchFrom, rest }, new AbortController().signal);

  expect(new TextDecoder().decode(bytes)).toBe("bytes");
  expect(asked).toEqual([url, expect.stringContaining("ex=1")]);
});
