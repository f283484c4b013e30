import type { Locator, Page } from "playwright-core";

/** A conversation in a room of the page, as somebody has it who uses it. */
export interface Chat {
  readonly page: Page;
  /** Where the conversation stands: the thread, or the room where it has none. */
  readonly messages: Locator;
  /** Begins it. Words go out by Enter. */
  begin(words: string): Promise<void>;
  /** Goes on in it. */
  goOn(words: string): Promise<void>;
  /** Resolves when the app has said this, and says no more. */
  said(words: string | RegExp): Promise<void>;
  /** Puts a file to what is said first. */
  attach(file: { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }): Promise<void>;
}

/** Goes to a room. `threads`: what is said there opens a thread. */
export async function goTo(
  page: Page,
  room: { readonly platform: string; readonly name: string; readonly threads: boolean },
): Promise<Chat> {
  await page.getByRole("navigation", { name: "Platforms" }).getByRole("link", { name: room.platform }).click();
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: room.name }).click();
  await page.getByRole("heading", { level: 2, name: room.name }).waitFor();
  const messages = page.locator(room.threads ? "#replies" : "#messages");
  const [first, next] = [
    page.getByRole("textbox", { name: "Message" }),
    page.getByRole("textbox", { name: room.threads ? "Reply" : "Message" }),
  ];
  const say = async (box: Locator, words: string) => {
    await box.fill(words);
    await box.press("Enter");
    await messages.locator(".mine", { hasText: words }).last().waitFor();
  };
  return {
    page,
    messages,
    begin: (words) => say(first, words),
    goOn: (words) => say(next, words),
    said: (words) => messages.locator(".app:not(.streaming)", { hasText: words }).last().waitFor(),
    attach: (file) => page.locator("#room input[type=file]").setInputFiles(file),
  };
}
