import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent, SimulatedAgentOptions } from "../../../src/simulator/agents/agent.ts";
import { complete, output } from "../../../src/simulator/agents/steps.ts";
import { createStage, replies } from "../../support/stage.ts";
import { until } from "../../support/until.ts";
import type { World, WorldOptions } from "../../support/world.ts";

const stage = createStage();

const text = { name: "notes.txt", mediaType: "text/plain", bytes: Buffer.from("first line\nsecond") };
const picture = { name: "screen.png", mediaType: "image/png", bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]) };
const blob = (size: number, name = "data.bin") => ({ name, mediaType: "application/octet-stream", bytes: Buffer.alloc(size, 7) });

async function setUp(
  settings: Readonly<Record<string, unknown>> = {},
  more: { readonly agent?: Partial<SimulatedAgentOptions>; readonly config?: object; readonly world?: Partial<WorldOptions> } = {},
): Promise<{ world: World; agent: SimulatedAgent }> {
  const agent = await stage.agent({
    inputModes: ["*/*"],
    script: (turn) => [output("a", `got ${turn.files.length}: ${turn.text}`, { last: true }), complete()],
    ...more.agent,
  });
  const world = await stage.world({ ...more.world, config: { agents: { helper: { url: agent.url, ...settings } }, ...more.config } });
  return { world, agent };
}

type Files = readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];

/** Says something with files, and waits for as many posts of the bot. */
async function say({ slack }: World, files: Files, posts: number, words = "see this"): Promise<readonly string[]> {
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: `<@UBOT> ${words}`.trim(), files });
  await until(() => replies(slack, ts).length >= posts);
  return replies(slack, ts);
}

describe.each([
  { protocol: "1.0", binding: "JSONRPC" },
  { protocol: "1.0", binding: "HTTP+JSON" },
  { protocol: "0.3", binding: "JSONRPC" },
  { protocol: "0.3", binding: "HTTP+JSON" },
] as const)("an agent of $protocol over $binding", (wire) => {
  // The 0.3 HTTP+JSON message (a2a.proto of 0.3) has no field for a file's name.
  const named = (name: string) => (wire.protocol === "0.3" && wire.binding === "HTTP+JSON" ? "" : name);

  test("gets files with their bytes, names and kinds, behind the text", async () => {
    const { world, agent } = await setUp({}, { agent: wire });
    expect(await say(world, [text, picture], 1)).toEqual(["got 2: see this"]);
    const files = agent.received[0]?.files ?? [];
    expect(files.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      [named("notes.txt"), "text/plain"],
      [named("screen.png"), "image/png"],
    ]);
    expect(files.map(({ bytes }) => Buffer.from(bytes ?? ""))).toEqual([text.bytes, picture.bytes]);
    expect(agent.violations).toEqual([]);
  });

  test("gets a file without a word of text", async () => {
    const { world, agent } = await setUp({}, { agent: wire });
    expect(await say(world, [text], 1, "")).toEqual(["got 1:"]);
    expect(agent.received[0]).toMatchObject({ text: "", files: [{ name: named("notes.txt") }] });
    expect(agent.violations).toEqual([]);
  });

  test("gets a link where the policy says so, from which the file can be fetched", async () => {
    const { world, agent } = await setUp({ files: { as: "link" } }, { agent: wire });
    await say(world, [{ ...text, name: "Zürich's notes.txt" }], 1);
    const [file] = agent.received[0]?.files ?? [];
    expect(file).toMatchObject({ name: named("Zürich's notes.txt"), mediaType: "text/plain" });
    const response = await fetch(file?.url ?? "");
    expect(await response.text()).toBe("first line\nsecond");
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename="Z_rich's notes.txt"; filename*=UTF-8''Z%C3%BCrich%27s%20notes.txt`,
    );
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("limits", () => {
  test("larger files go by a link, as far as the message has no room for their bytes", async () => {
    const { world, agent } = await setUp({ files: { inlineMB: 0.001 } });
    await say(world, [blob(900), blob(900), blob(100)], 1);
    expect((agent.received[0]?.files ?? []).map(({ url, bytes }) => [url !== undefined, bytes?.byteLength])).toEqual([
      [false, 900],
      [true, undefined],
      [false, 100],
    ]);
  });

  test("what is too large, too many or a program stays behind and is named; the rest goes", async () => {
    const config = { limits: { fileMB: 0.001, filesPerMessage: 4 } };
    const { world, agent } = await setUp({}, { config });
    const disguised = { name: "holiday.png", mediaType: "image/png", bytes: Buffer.from("MZ\u0090\u0000") };
    const files = [text, blob(5_000, "big.bin"), blob(3, "setup.EXE"), disguised, blob(4, "fifth.bin")];
    const said = await say(world, files, 2);
    expect(said[0]).toContain("- `big.bin`: it is larger than 1 KB");
    expect(said[0]).toContain("- `setup.EXE`: files of this kind are not passed on here");
    expect(said[0]).toContain("- `holiday.png`: programs are not passed on here");
    expect(said[0]).toContain("- `fifth.bin`: no more than 4 files of a message are passed on");
    expect(said[1]).toBe("got 1: see this");
    expect(agent.received[0]?.files.map(({ name }) => name)).toEqual(["notes.txt"]);
    expect(world.slack.calls("download").length).toBe(2);
  });

  test("a file that is larger than its platform says is not taken", async () => {
    const { world } = await setUp({}, { config: { limits: { fileMB: 0.001 } } });
    const growing = { name: "growing.pdf", mediaType: "application/pdf", bytes: Buffer.alloc(10) };
    world.slack.disturb({ hold: true });
    const { ts } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hm", files: [growing] });
    for (const id of world.slack.workspace.files.keys()) world.slack.workspace.files.set(id, { ...growing, bytes: Buffer.alloc(50_000) });
    world.slack.release();
    await until(() => replies(world.slack, ts).length >= 2);
    expect(replies(world.slack, ts)[0]).toContain("- `growing.pdf`: it is larger than 1 KB");
  });
});

describe("what an agent does not take is named, and the text still goes", () => {
  test.each([
    ["a card with plain text alone", { agent: { inputModes: ["text/plain"] } }, {}, "this agent takes text alone"],
    ["a card with other kinds", { agent: { inputModes: ["image/*"] } }, {}, "this agent does not take files of this kind (text/plain)"],
    ["a policy without files", {}, { files: { as: "none" } }, "this agent takes no files"],
    ["a policy with other kinds", {}, { files: { types: ["application/pdf"] } }, "does not take files of this kind (text/plain)"],
  ])("%s", async (_, more, settings, why) => {
    const { world, agent } = await setUp(settings, more);
    const said = await say(world, [text], 2);
    expect(said[0]).toMatch(/^Not passed on to the agent:\n- `notes.txt`: /);
    expect(said[0]).toContain(why);
    expect(said[1]).toBe("got 0: see this");
    expect(agent.received[0]?.files).toEqual([]);
    expect(world.slack.calls("download")).toEqual([]);
  });

  test("a policy with its kinds wins over the card", async () => {
    const { world, agent } = await setUp({ files: { types: ["text/*"] } }, { agent: { inputModes: ["text/plain"] } });
    expect(await say(world, [text], 1)).toEqual(["got 1: see this"]);
    expect(agent.violations).toEqual([]);
  });

  test("nothing but such a file ends the turn without asking the agent", async () => {
    const { world, agent } = await setUp({ files: { as: "none" } });
    const [said] = await say(world, [text], 1, "");
    expect(said).toMatch(/^Nothing was passed on to the agent\. Reference `[^`]+`\.\n- `notes\.txt`: this agent takes no files$/);
    expect(agent.received).toEqual([]);
    // The thread is free again.
    expect(await say(world, [], 1, "hello")).toEqual(["got 0: hello"]);
  });
});

describe("a file that cannot be had is named, and the text still goes", () => {
  const notFound = { kind: "error", error: "not_found", method: "download" } as const;
  test.each([
    ["is gone", [notFound], "it is not there any more"],
    ["leads elsewhere", [{ ...notFound, error: "redirect" } as const], "its address leads elsewhere"],
    ["is behind a login page", [{ ...notFound, error: "login_page" } as const], "the scope files:read"],
    [
      "fails twice",
      [
        { kind: "500", method: "download" },
        { kind: "dropAfter", method: "download" },
      ] as const,
      "it could not be fetched",
    ],
  ])("it %s", async (_, faults, why) => {
    const { world, agent } = await setUp();
    for (const fault of faults) world.slack.fault(fault);
    const said = await say(world, [text], 2);
    expect(said[0]).toContain(why);
    expect(said[1]).toBe("got 0: see this");
    expect(agent.received).toHaveLength(1);
  });

  test("one failure is made good by a second try", async () => {
    const { world } = await setUp();
    world.slack.fault({ kind: "500", method: "download" });
    expect(await say(world, [text], 1)).toEqual(["got 1: see this"]);
  });

  test("a platform that keeps a file back lets neither another thread wait nor a stop", async () => {
    const { world, agent } = await setUp();
    world.slack.fault({ kind: "slow", ms: 600_000, method: "download" });
    const { ts } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> slow one", files: [text] });
    await until(() => world.slack.workspace.files.size === 1);
    expect(await say(world, [], 1, "quick one")).toEqual(["got 0: quick one"]);
    await world.slack.say({ channel: "C1", user: "UANN", text: "stop", threadTs: ts });
    await until(() => replies(world.slack, ts).some((said) => said.startsWith("Stopped.")));
    expect(agent.received.map((one) => one.text)).toEqual(["quick one"]);
  });
});
