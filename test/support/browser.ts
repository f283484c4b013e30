import { existsSync } from "node:fs";
import { afterAll, beforeAll } from "@jest/globals";
import { type Browser, chromium, type Page } from "playwright-core";

/** Set CHROMIUM to the browser's path where it is elsewhere. Without a browser, tests that need one are skipped. */
export const browserPath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

/** How long a step may take on a machine that has others to run. */
export const patience = 60_000;

/** A page, with everything that the browser complained about. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

export interface OpenOptions {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** One browser for a file; pages are closed with it. Call it once, at the top of a `describe`. */
export function createBrowser(): { open(url: string, options?: OpenOptions): Promise<Opened> } {
  const own: { browser?: Browser } = {};
  beforeAll(async () => {
    own.browser = await chromium.launch({ executablePath: browserPath ?? "", args: ["--no-sandbox"] });
  }, patience);
  afterAll(() => own.browser?.close());
  return {
    async open(url, { dark = false, width = 1440, height = 900 } = {}) {
      if (own.browser === undefined) throw new Error("the browser has not started");
      const page = await own.browser.newPage({ colorScheme: dark ? "dark" : "light", viewport: { width, height } });
      page.setDefaultTimeout(patience);
      const complaints: string[] = [];
      page.on("console", (line) => ["error", "warning"].includes(line.type()) && complaints.push(line.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("dialog", (dialog) => {
        complaints.push(dialog.message());
        return dialog.dismiss();
      });
      await page.goto(url);
      return { page, complaints };
    },
  };
}
