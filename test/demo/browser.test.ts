import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { z } from "zod";
import { openLedgerReader } from "../../src/ledger/reader.ts";
import { silentLog } from "../../src/log.ts";
import { type Demo, startDemo } from "../../src/simulator/demo/demo.ts";
import { browserPath, createBrowser, patience } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { goTo } from "./chat.ts";
import { createVisitor } from "./visitor.ts";

/** A platform's rooms: one where people ask, one where answers grow, and one whose agent reports back later. */
const platforms = [
  {
    platform: "Slack",
    ask: { name: "streaming", threads: true },
    live: { name: "streaming", threads: true },
    job: { name: "slow-job", threads: true },
  },
  {
    platform: "Teams",
    ask: { name: "questions", threads: true },
    live: { name: "Agent Bridge", threads: false },
    job: { name: "slow-job", threads: true },
  },
  {
    platform: "Discord",
    ask: { name: "streaming", threads: true },
    live: { name: "streaming", threads: true },
    job: { name: "slow-job", threads: true },
  },
] as const;

const inBrowser = browserPath === undefined ? describe.skip : describe;

inBrowser("the demo in a browser", () => {
  const browser = createBrowser();
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo({ port: 0, log: silentLog, env: process.env, openLedger: openLedgerReader });
  }, patience);
  afterAll(() => demo.stop(), patience);

  describe.each(platforms)("on $platform", ({ platform, ask, live, job }) => {
    const open = async (room: { readonly name: string; readonly threads: boolean }) => {
      const opened = await browser.open(demo.url);
      return { ...opened, chat: await goTo(opened.page, { platform, ...room }) };
    };

    test(
      "a question in a channel is answered after a sign of life, and a follow-up is remembered",
      async () => {
        const { page, chat, complaints } = await open(ask);

        await chat.begin("the printer hums");
        await page.locator("#status:not(:empty), #replies .app").first().waitFor();
        await chat.said("This is where our conversation begins.");
        await chat.goOn("and now it sings");
        await chat.said("You said before: “the printer hums”.");

        expect(complaints).toEqual([]);
        await page.close();
      },
      2 * patience,
    );

    test(
      "an answer grows while one reads it, and stops when asked to",
      async () => {
        const { page, chat, complaints } = await open(live);

        await chat.begin("stream a poem, please");
        await chat.messages.locator(".streaming", { hasText: "The wire" }).waitFor();
        await chat.messages.locator(".streaming", { hasText: "quiet afternoon" }).waitFor();
        await page.getByRole("button", { name: "Stop", exact: true }).click();
        await chat.said("Stopped");

        expect(await chat.messages.locator(".streaming").count()).toBe(0);
        expect(await chat.messages.locator(".message").last().textContent()).not.toContain("ink stays");
        expect(complaints).toEqual([]);
        await page.close();
      },
      2 * patience,
    );

    test(
      "files go both ways: one is described, a table can be loaded, a picture is seen",
      async () => {
        const { page, chat, complaints } = await open(live);
        const allow = page.getByRole("button", { name: "Allow" });

        await chat.attach({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("milk and honey\n") });
        await chat.begin("what is this?");
        await chat.said(/notes\.txt.*which begins: “milk and honey”/);
        await chat.goOn("file");
        const table = chat.messages.locator("a.file", { hasText: "devices.csv" });
        await table.or(allow).first().waitFor();
        if (await allow.isVisible()) await allow.click();
        const [download] = await Promise.all([page.waitForEvent("download"), table.click()]);
        await chat.goOn("file png");
        const picture = chat.messages.locator(".app img");
        await picture.waitFor();

        expect(await readFile(await download.path(), "utf8")).toMatch(/^device,disk used\nlaptop-1/);
        expect(await page.evaluate(widthOfPicture)).toBe(48);
        expect(complaints).toEqual([]);
        await page.close();
      },
      2 * patience,
    );

    test(
      "a question is answered by its button, and shows by whom",
      async () => {
        const { chat, complaints, page } = await open(ask);
        const laptop = chat.messages.getByRole("button", { name: "My laptop", exact: true });

        await chat.begin("ask me");
        await laptop.click();
        await chat.said("chosen by Ann Archer");

        expect(await laptop.count()).toBe(0);
        expect(complaints).toEqual([]);
        await page.close();
      },
      2 * patience,
    );

    test(
      "a long job reports back by push in the same thread, and the ledger tells the same story",
      async () => {
        const { page, chat, complaints } = await open(job);

        await chat.begin("job 2");
        await chat.said("Your job is done");
        const story = page.locator("#story .hop");
        await until(
          async () => (await story.count()) > 0 && (await story.locator("visible=true").filter({ hasNotText: "done" }).count()) === 0,
        );
        const hops = await story.locator("strong").allTextContents();

        expect(hops[0]).toBe("Mention");
        expect(hops).toContain("Turn of worker");
        expect(hops).toContain("Push of worker");
        await story.filter({ hasText: "Post" }).last().getByRole("button", { name: "Show it" }).click();
        expect(await page.locator("#replies .pointed").textContent()).toContain("Your job is done");
        expect(complaints).toEqual([]);
        await page.close();
      },
      2 * patience,
    );

    test(
      "the bridge is killed in the middle of an answer, and the answer is whole, once",
      async () => {
        const { page, chat, complaints } = await open(live);
        const dead = /killed|is starting/;

        await chat.begin("stream a poem to the end");
        await chat.messages.locator(".streaming", { hasText: "quiet afternoon" }).waitFor();
        const before = await page.locator("#bridge").textContent();
        await page.getByRole("button", { name: "Kill and restart" }).click();
        await page.locator("#bridge", { hasText: dead }).waitFor();
        await chat.said("But ink stays written.");
        const mine = await chat.messages
          .locator(".message")
          .evaluateAll((all) => all.findLastIndex((one) => one.classList.contains("mine")));
        const answers = (await chat.messages.locator(".message .text").allTextContents()).slice(mine + 1);

        expect(answers.filter((text) => text.includes("But ink stays written."))).toHaveLength(1);
        expect(await page.locator("#bridge").textContent()).not.toBe(before);
        expect(complaints).toEqual([]);
        await page.close();
      },
      2 * patience,
    );

    test.each([
      { look: "light and wide", dark: false, width: 1700 },
      { look: "dark and wide", dark: true, width: 1700 },
      { look: "light and narrow", dark: false, width: 390 },
    ])(
      "everybody can use it: $look",
      async ({ dark, width }) => {
        const { page } = await browser.open(`${demo.url}${await addressOf(demo.url, platform, job.name)}`, { dark, width });
        await page.locator(".message").first().waitFor({ state: "attached" });

        expect(await violations(page)).toEqual([]);
        if (width > 1000) {
          await page.locator("#messages .replies").first().click();
          await page.locator("#story .hop").first().waitFor();
          expect(await violations(page)).toEqual([]);
        }
        await page.close();
      },
      2 * patience,
    );
  });
});

/** Runs in the page: pixels of the newest picture, once it is there whole. */
const widthOfPicture = `(async () => {
  const image = [...document.querySelectorAll(".app img")].at(-1);
  await image.decode();
  return image.naturalWidth;
})()`;

/** The link to a room. */
async function addressOf(url: string, platform: string, name: string): Promise<string> {
  const { platforms } = await (await createVisitor(url)).view({});
  const own = platforms.find(({ id }) => id === platform.toLowerCase());
  return `#${own?.id}/${encodeURIComponent(own?.rooms.find((room) => room.name === name)?.id ?? "")}`;
}

const found = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ target: z.array(z.unknown()), failureSummary: z.string() })) }));
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe finds against WCAG 2.2 AA, by rule and place. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const run = `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(tags)} } })`;
  const { violations, passes } = z.object({ violations: found, passes: z.array(z.unknown()) }).parse(await page.evaluate(run));
  // Whoever has looked at nothing has found nothing.
  expect(passes.length).toBeGreaterThan(15);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}
