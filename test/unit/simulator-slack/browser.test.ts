import { describe, expect, test } from "@jest/globals";
import type { Route } from "playwright-core";
import { silentLog } from "../../../src/log.ts";
import { startPage } from "../../../src/simulator/page/page.ts";
import type { Hint } from "../../../src/simulator/page/platform.ts";
import { createSlackPlatform } from "../../../src/simulator/page/slack.ts";
import { browserPath, createBrowser, type OpenOptions } from "../../support/browser.ts";
import { until } from "../../support/until.ts";
import { createRig } from "./rig.ts";

const inBrowser = browserPath === undefined ? describe.skip : describe;

inBrowser("the page in a browser", () => {
  const browser = createBrowser();

  /** The page as Ann sees it, with everything that the browser complains about. */
  async function open(hints: ReadonlyMap<string, Hint> = new Map(), options: OpenOptions = {}) {
    const rig = await createRig();
    const served = await startPage({ platforms: [createSlackPlatform({ simulator: rig.slack, hints })], log: silentLog });
    const { page, complaints } = await browser.open(served.url, options);
    const root = () => rig.slack.channel("C1")[0]?.ts;
    return {
      ...{ rig, page, complaints, root },
      async [Symbol.asyncDispose]() {
        await page.close();
        await served.stop();
        await rig[Symbol.asyncDispose]();
      },
    };
  }

  test("a person writes by keyboard, watches the answer grow, and stops it", async () => {
    await using view = await open();
    const { page, rig } = view;

    await page.getByRole("textbox", { name: "Message" }).click();
    await page.keyboard.type("tell me a story");
    await page.keyboard.press("Enter");
    const threadTs = await until(view.root);
    await rig.call("agents.sessions.setStatus", { channel_id: "C1", thread_ts: threadTs, status: "processing" });
    const stream = await rig.call("chat.startStream", {
      ...{ channel: "C1", thread_ts: threadTs, recipient_user_id: "UANN", recipient_team_id: "T1" },
      markdown_text: "Once **upon** a time",
    });
    await page.locator("#replies .streaming strong", { hasText: "upon" }).waitFor();
    await page.locator("#status", { hasText: "Agent Bridge is working…" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator("#replies .streaming").waitFor({ state: "detached" });

    expect(rig.events("app_mention")).toMatchObject([{ text: "<@UBOT> tell me a story" }]);
    await until(() => rig.events("agent_session_stopped").length === 1);
    expect(rig.events("agent_session_stopped")).toMatchObject([{ streaming_message_ts: [stream.body.ts] }]);
    expect(view.complaints).toEqual([]);
  });

  test("what is said without a mention is for people only, and the page says so", async () => {
    await using view = await open();
    const { page, rig } = view;
    const say = async (text: string) => {
      await page.getByRole("textbox", { name: "Message" }).fill(text);
      await page.getByRole("textbox", { name: "Message" }).press("Enter");
    };

    await page.getByRole("checkbox", { name: "Mention @Agent Bridge" }).uncheck();
    await say("is anybody there?");
    const notice = page.getByText("the app hears you here when you mention it");
    await notice.waitFor();
    await page.getByRole("checkbox", { name: "Mention @Agent Bridge" }).check();
    await notice.waitFor({ state: "hidden" });
    await say("are you there?");
    await page.locator("#thread").waitFor();
    await say("@Agent Bridge and once more");
    await until(() => rig.slack.channel("C1").length === 3);
    await rig.slack.settled();

    expect(rig.slack.channel("C1").map(({ text }) => text)).toEqual([
      "is anybody there?",
      "<@UBOT> are you there?",
      "<@UBOT> and once more",
    ]);
    expect(rig.events("app_mention")).toHaveLength(2);
  });

  test("a channel tells what to try, and a click puts it where it can be sent", async () => {
    await using view = await open(new Map([["C1", { hint: "A **quiet** place.", tries: ["say something", "help"] }]]));
    const { page } = view;

    await page.locator("#hint strong", { hasText: "quiet" }).waitFor();
    await page.getByRole("button", { name: "say something" }).click();
    await page.keyboard.press("Enter");
    await page.locator("#replies").getByText("say something").waitFor();
    await page.getByRole("link", { name: "private-matters" }).click();
    await page.locator("#hint").waitFor({ state: "hidden" });

    expect(view.complaints).toEqual([]);
  });

  test("a hostile answer stays text", async () => {
    await using view = await open();
    const { page, rig } = view;
    const hostile = `<img src=x onerror=alert(1)><script>alert(2)</script> [a](javascript:alert(3)) ![b](https://evil.test/pixel) **<svg onload=alert(4)>**`;

    await rig.call("chat.postMessage", { channel: "C1", text: "x", blocks: [{ type: "markdown", text: hostile }] });
    await page.locator("#messages").getByText("<script>alert(2)</script>").waitFor();

    expect(await page.locator("#messages :is(img, script, svg, iframe)").count()).toBe(0);
    expect(await page.locator("#messages .text a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual([
      "https://evil.test/pixel",
    ]);
    expect(view.complaints).toEqual([]);
  });

  test("a reload leads back to the thread, and Escape closes it", async () => {
    await using view = await open();
    const { page, rig } = view;
    await rig.slack.say({ channel: "C1", user: "UBEN", text: "a question" });

    await page.getByRole("link", { name: "Reply" }).click();
    await page.getByRole("textbox", { name: "Reply" }).fill("an answer");
    await page.keyboard.press("Enter");
    await page.locator("#replies").getByText("an answer").waitFor();
    await page.reload();
    await page.locator("#replies").getByText("an answer").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#thread").waitFor({ state: "hidden" });

    expect(rig.slack.thread("C1", view.root() ?? "").replies).toMatchObject([{ name: "Ann Archer", text: "<@UBOT> an answer" }]);
    expect(view.complaints).toEqual([]);
  });

  test("whoever goes elsewhere while the page is looking gets there", async () => {
    await using view = await open();
    const { page, rig } = view;
    await rig.slack.say({ channel: "C1", user: "UBEN", text: "a question" });
    const link = page.getByRole("link", { name: "Reply" });
    await link.waitFor();

    const looking = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const hold = async (route: Route) => {
      looking.resolve();
      const response = await route.fetch();
      await left.promise;
      await route.fulfill({ response });
    };
    await page.route("**/api/view?*", hold, { times: 1 });
    await rig.slack.say({ channel: "C1", user: "UBEN", text: "another one" });
    await looking.promise;
    await link.first().click();
    left.resolve();

    await page.getByRole("textbox", { name: "Reply" }).waitFor();
    expect(view.complaints).toEqual([]);
  });

  test("the keyboard is enough: rooms by arrows, a thread by its link, and back to where it hangs", async () => {
    await using view = await open();
    const { page, rig } = view;
    await rig.slack.say({ channel: "C1", user: "UBEN", text: "a question" });
    const replies = page.locator("#messages .replies");
    await replies.waitFor();

    await page.locator("#rooms [aria-current]").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "private-matters" }).waitFor();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await replies.focus();
    await page.keyboard.press("Enter");
    await page.locator("#answer-text:focus").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#messages .replies:focus").waitFor();

    expect(await page.locator("#rooms a[tabindex='0']").count()).toBe(1);
    expect(view.complaints).toEqual([]);
  });

  test("a person edits and deletes what they said, and nobody else's", async () => {
    await using view = await open();
    const { page, rig } = view;
    await rig.slack.say({ channel: "C1", user: "UBEN", text: "of Ben" });
    await rig.slack.say({ channel: "C1", user: "UANN", text: "of Ann" });
    const mine = page.locator("#messages .mine");

    await mine.hover();
    await mine.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Edit your message" }).fill("of Ann, for <@UBOT> & all");
    await page.keyboard.press("Enter");
    await mine.getByText("(edited)").waitFor();
    expect(rig.slack.channel("C1").map(({ text }) => text)).toEqual(["of Ben", "of Ann, for <@UBOT> & all"]);
    expect(await page.getByRole("button", { name: "Edit" }).count()).toBe(1);
    await mine.hover();
    await mine.getByRole("button", { name: "Delete" }).click();
    await mine.waitFor({ state: "detached" });

    expect(rig.slack.channel("C1").map(({ text }) => text)).toEqual(["of Ben"]);
    expect(view.complaints).toEqual([]);
  });

  test("what comes elsewhere is marked until it is seen", async () => {
    await using view = await open();
    const { page, rig } = view;
    const other = page.locator("#rooms a", { hasText: "private-matters" });

    await rig.slack.say({ channel: "G1", user: "UBEN", text: "psst" });
    await other.locator(".dot").waitFor();
    await other.click();
    await page.locator("#messages").getByText("psst").waitFor();
    await page.locator("#rooms a", { hasText: "helpdesk" }).click();
    await page.getByRole("heading", { level: 2, name: "helpdesk" }).waitFor();

    expect(await other.locator(".dot").count()).toBe(0);
  });

  test("whoever reads further up is left there while text grows below", async () => {
    await using view = await open();
    const { page, rig } = view;
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "a long thread" });
    for (let line = 1; line <= 60; line += 1) await rig.slack.say({ channel: "C1", user: "UBEN", text: `line ${line}`, threadTs: ts });
    await page.locator("#messages .replies").click();
    await page.locator("#replies").getByText("line 60", { exact: true }).waitFor();
    const top = () => page.evaluate("document.getElementById('replies').scrollTop");

    await page.evaluate("document.getElementById('replies').scrollTop = 100");
    const stream = await rig.call("chat.startStream", { channel: "C1", thread_ts: ts, recipient_user_id: "UANN", recipient_team_id: "T1" });
    for (const word of ["one ", "two ", "three"])
      await rig.call("chat.appendStream", { channel: "C1", ts: stream.body.ts, markdown_text: word });
    await page.locator("#replies .streaming", { hasText: "one two three" }).waitFor();
    expect(await top()).toBe(100);
    await page.locator("#thread").getByRole("button", { name: "New below" }).click();
    await page.locator("#thread").getByRole("button", { name: "New below" }).waitFor({ state: "hidden" });

    expect(Number(await top())).toBeGreaterThan(100);
  });

  test("a file that is dropped on a thread goes with the reply", async () => {
    await using view = await open();
    const { page, rig } = view;
    const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "a question" });
    await page.locator("#messages .replies").click();
    await page.getByRole("textbox", { name: "Reply" }).waitFor();

    await page.evaluate(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(["milk"], "list.txt", { type: "text/plain" }));
      for (const kind of ["dragenter", "drop"]) document.querySelector("#replies").dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
    })()`);
    await page.getByRole("list", { name: "Files to send" }).getByText("list.txt").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#replies a.file", { hasText: "list.txt" }).waitFor();

    expect(rig.slack.thread("C1", ts).replies).toMatchObject([{ files: [{ name: "list.txt", mediaType: "text/plain", size: 4 }] }]);
    expect(view.complaints).toEqual([]);
  });

  test("a private word in the room is seen in the thread where the window has room for one of them only", async () => {
    await using view = await open(new Map(), { width: 900 });
    const { page, rig } = view;
    await page.getByRole("textbox", { name: "Message" }).fill("may I?");
    await page.keyboard.press("Enter");
    await page.locator("#thread").waitFor();

    await rig.call("chat.postEphemeral", { channel: "C1", user: "UANN", text: "guests may not" });
    await page.locator("#replies .private", { hasText: "guests may not" }).getByText("in # helpdesk").waitFor();
    await page.setViewportSize({ width: 1500, height: 800 });
    await page.locator("#messages .private").waitFor();

    expect(view.complaints).toEqual([]);
  });
});
