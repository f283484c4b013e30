import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { silentLog } from "../../../src/log.ts";
import { type Page, startPage } from "../../../src/simulator/page/page.ts";
import { createSlackPlatform } from "../../../src/simulator/page/slack.ts";
import { createRig, type Rig } from "./rig.ts";

const uploaded = z.object({ id: z.string() });
const shown = z.object({
  shown: z.object({ messages: z.array(z.object({ files: z.array(z.object({ id: z.string(), name: z.string() })) })) }),
});

describe("files on the page", () => {
  let rig: Rig;
  let page: Page;
  let token = "";
  beforeAll(async () => {
    rig = await createRig();
    page = await startPage({ platforms: [createSlackPlatform({ simulator: rig.slack })], log: silentLog });
    token = /name="page-token" content="([^"]+)"/.exec(await (await fetch(page.url)).text())?.[1] ?? "";
  });
  afterAll(async () => {
    await page.stop();
    await rig[Symbol.asyncDispose]();
  });

  const upload = (name: string, type: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${page.url}api/upload?${new URLSearchParams({ name, type })}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream", "x-page-token": token, ...headers },
      body,
    });
  const say = (files: readonly string[], text = "") =>
    fetch(`${page.url}api/act`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-page-token": token },
      body: JSON.stringify({ kind: "say", platform: "slack", room: "C1", user: "UANN", text, files }),
    });
  const newest = async () => {
    const { messages } = shown.parse(await (await fetch(`${page.url}api/view?platform=slack&room=C1`)).json()).shown;
    return messages.at(-1)?.files ?? [];
  };
  const get = (id = "") => fetch(`${page.url}api/file?${new URLSearchParams({ platform: "slack", id })}`);

  test("stand in the message they were sent with, and come back byte for byte as a download", async () => {
    const { id } = uploaded.parse(await (await upload("a b.txt", "text/plain", "milk")).json());
    expect((await say([id])).status).toBe(200);
    const [file] = await newest();
    const answer = await get(file?.id);

    expect(file?.name).toBe("a b.txt");
    expect(answer.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''a%20b.txt");
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(await answer.text()).toBe("milk");
  });

  test.each([
    ["image/png", "image/png"],
    ["image/svg+xml", "application/octet-stream"],
    ["text/html", "application/octet-stream"],
    ["nonsense\r\nx: y", "application/octet-stream"],
  ])("are shown only where they can hold nothing but pixels: %j is served as %s", async (type, served) => {
    const { id } = uploaded.parse(await (await upload("../../x", type, "<svg onload=alert(1)>")).json());
    await say([id], "look");
    const [file] = await newest();
    const answer = await get(file?.id);

    expect(file?.name).toBe(".._.._x");
    expect(answer.headers.get("content-type")).toBe(served);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("are refused where they are too large, not the page's own, or gone", async () => {
    const { id } = uploaded.parse(await (await upload("once.txt", "text/plain", "x")).json());

    expect((await upload("big", "text/plain", new Uint8Array(25_000_001))).status).toBe(413);
    expect((await upload("x", "text/plain", "x", { "x-page-token": "" })).status).toBe(403);
    expect((await upload("x", "text/plain", "x", { "content-type": "text/plain" })).status).toBe(403);
    expect((await say([id])).status).toBe(200);
    expect(await (await say([id])).json()).toEqual({ error: "a file is not there any more: choose it again" });
    expect((await say([])).status).toBe(400);
    expect((await get("F404")).status).toBe(404);
  });
});
