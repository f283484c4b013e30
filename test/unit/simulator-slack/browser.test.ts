import { describe, expect, test } from "@jest/globals";
import { silentLog } from "../../../src/log.ts";
import { startPage } from "../../../src/simulator/page/page.ts";
import type { Hint } from "../../../src/simulator/page/platform.ts";
import { createSlackPlatform } from "../../../src/simulator/page/slack.ts";
import { browserPath, createBrowser } from "../../support/browser.ts";
import { until } from "../../support/until.ts";
import { createRig } from "./rig.ts";

const inBrowser = browserPath === undefined ? describe.skip : describe;

inBrowser("the page in a browser", () => {
  const browser = createBrowser();

  /** The page as Ann sees it, with everything that the browser complains about. */
  async function open(hints: ReadonlyMap<string, Hint> = new Map()) {
    const rig = await createRig();
    const served = await startPage({ platforms: [createSlackPlatform({ simulator: rig.slack, hints })], log: silentLog });
    const { page, complaints } = await browser.open(served.url);
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
});
