import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { DeliveryError } from "../../../src/model/errors.ts";
import type { Attachment } from "../../../src/model/message.ts";
import type { Reply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import type { AdapterWorld } from "./world.ts";

export interface SentFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A world in which people and the bot show each other files. */
export interface FilesWorld extends Pick<AdapterWorld, "adapter" | "received" | "mention" | "countAll" | "failNextPost" | "stop"> {
  /** A person writes to the bot alone. */
  attach(text: string, file: SentFile): Promise<unknown>;
  /** What goes wrong when the next file is opened. */
  failNextDownload(fault: "gone" | "busy" | "elsewhere"): void;
  /** Files of the bot in a thread. */
  files(thread: ThreadRef): readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

const signal = new AbortController().signal;
const text = { name: "log.txt", mediaType: "text/plain", bytes: new TextEncoder().encode("error 42") };
const picture = { name: "stripes.png", mediaType: "image/png", bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]) };
const part = {
  kind: "file",
  name: picture.name,
  mediaType: picture.mediaType,
  bytes: Buffer.from(picture.bytes).toString("base64"),
} as const;
const reply = (parts: Reply["parts"], more: Partial<Reply> = {}): Reply => ({ parts, tone: "answer", notify: false, ...more });

/** What every adapter keeps where there are files. */
export function filesContract(platform: string, createWorld: () => Promise<FilesWorld>): void {
  describe(`files of the ${platform} adapter`, () => {
    let world: FilesWorld;
    beforeEach(async () => {
      world = await createWorld();
    });
    afterEach(() => world.stop());

    const attached = async (): Promise<Attachment> => {
      await world.attach("see this", text);
      const event = await until(() => world.received[0]);
      const attachment = event.kind === "message" ? event.attachments[0] : undefined;
      if (!attachment) throw new Error("the file did not come along");
      return attachment;
    };
    const begin = async (): Promise<ThreadRef> => {
      await world.mention("hello bot");
      return (await until(() => world.received[0])).thread;
    };

    opening(() => world, attached);
    splitting(() => world);

    test("a picture stands in the thread with its bytes, and nothing else does", async () => {
      const thread = await begin();
      await world.adapter.post(thread, reply([part]), "d1", signal);
      expect(world.files(thread).map(({ name, bytes }) => [name, Buffer.from(bytes)])).toEqual([["stripes.png", picture.bytes]]);
      expect(world.countAll()).toBe(1);
    });

    test("a post whose answer was lost is ambiguous, and is found by its delivery id", async () => {
      const thread = await begin();
      world.failNextPost("lost");
      const error = await failure(world.adapter.post(thread, reply([part]), "d1", signal));
      expect(error.kind).toBe("ambiguous");
      expect(world.files(thread)).toHaveLength(1);
      if (world.adapter.capabilities.posting !== "lookup") return;
      expect(await world.adapter.find?.(thread, "d1", signal)).toMatchObject({ platform });
      expect(await world.adapter.find?.(thread, "d2", signal)).toBeUndefined();
    });

    test("a limit of the platform is told as such, and nothing was posted", async () => {
      const thread = await begin();
      world.failNextPost("rateLimited");
      expect((await failure(world.adapter.post(thread, reply([part]), "d1", signal))).kind).toBe("rateLimited");
      expect(world.files(thread)).toEqual([]);
    });

    test("an empty file is refused, with the reason", async () => {
      const thread = await begin();
      const error = await failure(world.adapter.post(thread, reply([{ ...part, bytes: "" }]), "d1", signal));
      expect(error).toMatchObject({ kind: "fileRefused", explanation: "it is empty" });
      expect(world.countAll()).toBe(0);
    });

    test("an address that is incomplete, or somebody else's, gets no file", async () => {
      const thread = await begin();
      const broken = { ...thread, address: {} };
      expect((await failure(world.adapter.post(broken, reply([part]), "d1", signal))).kind).toBe("threadGone");
      expect(world.countAll()).toBe(0);
    });
  });
}

function opening(world: () => FilesWorld, attached: () => Promise<Attachment>): void {
  test("an attached file comes along as facts, and is opened with its bytes", async () => {
    const attachment = await attached();
    expect(attachment.name).toBe("log.txt");
    expect(new TextDecoder().decode(await world().adapter.open(attachment, 8, signal))).toBe("error 42");
  });

  test("a file with more bytes than are taken is refused", async () => {
    const attachment = await attached();
    const error = await failure(world().adapter.open(attachment, 7, signal));
    expect(error).toMatchObject({ kind: "fileRefused", explanation: "it is larger than 7 bytes" });
  });

  test.each([
    ["gone", "fileRefused", "it is not there any more"],
    ["elsewhere", "fileRefused", "its address leads elsewhere"],
    ["busy", "unavailable", "it could not be fetched"],
  ] as const)("a file that is %s is told as %s", async (fault, kind, explanation) => {
    const attachment = await attached();
    world().failNextDownload(fault);
    expect(await failure(world().adapter.open(attachment, 1_000, signal))).toMatchObject({ kind, explanation });
    expect(new TextDecoder().decode(await world().adapter.open(attachment, 1_000, signal))).toBe("error 42");
  });

  test("what is called off is not waited for", async () => {
    const attachment = await attached();
    expect((await failure(world().adapter.open(attachment, 1_000, AbortSignal.abort()))).kind).toBe("unavailable");
  });
}

function splitting(world: () => FilesWorld): void {
  const words = { kind: "text", text: "Here it is" } as const;
  const live = { platform: "any", message: "m1", address: {} };
  const choices = [{ id: "1", label: "Good" }];

  test("each file is a post of its own behind the words, which keep the live message and the buttons", () => {
    const pieces = world().adapter.split(reply([words, part, { kind: "text", text: "and so on" }, part], { replaces: live, choices }));
    expect(pieces).toHaveLength(3);
    expect(pieces[0]).toMatchObject({ replaces: live, choices });
    expect(JSON.stringify(pieces[0]?.parts)).toMatch(/Here it is.*and so on/);
    for (const piece of pieces.slice(1)) expect(piece).toEqual(reply([part]));
    expect(world().adapter.split(reply([part, words]))).toEqual(world().adapter.split(reply([part, words])));
  });

  test("a live message whose text became nothing but a file gets the file's name", () => {
    const pieces = world().adapter.split(reply([part], { replaces: live }));
    expect(pieces).toHaveLength(2);
    expect(pieces[0]?.replaces).toEqual(live);
    expect(JSON.stringify(pieces[0]?.parts)).toContain("stripes.png");
    expect(pieces[1]).toEqual(reply([part]));
  });

  test("a file alone is a post alone, and a file for one person is a name", () => {
    expect(world().adapter.split(reply([part], { notify: true }))).toEqual([reply([part], { notify: true })]);
    const [whisper, ...more] = world().adapter.split(reply([part], { private: "somebody" }));
    expect(more).toEqual([]);
    expect(JSON.stringify(whisper?.parts)).toContain("stripes.png");
    expect(JSON.stringify(whisper?.parts)).not.toContain(part.bytes);
  });
}

async function failure(promise: Promise<unknown>): Promise<DeliveryError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw new Error("this should have been a DeliveryError", { cause: error });
  return error;
}
