import { afterEach, describe, expect, test } from "@jest/globals";
import type { AgentConfig } from "../../../src/agents/config.ts";
import type { RequestFile } from "../../../src/model/agent.ts";
import { createSimulatedAgent } from "../../../src/simulator/agents/agent.ts";
import { createBrightsyAgent } from "../../../src/simulator/agents/brightsy.ts";
import type { SentFile } from "../../../src/simulator/agents/sent-files.ts";
import { complete, output, type StepPart } from "../../../src/simulator/agents/steps.ts";
import { createV01Agent } from "../../../src/simulator/agents/v01.ts";
import { createV02Agent } from "../../../src/simulator/agents/v02.ts";
import type { Wire } from "../../../src/simulator/agents/wire.ts";
import { all, clientFor, never } from "./support.ts";

interface Running {
  readonly config: AgentConfig;
  readonly received: readonly { readonly text: string; readonly files: readonly SentFile[] }[];
  readonly violations: readonly string[];
  stop(): Promise<unknown>;
}

const bytes = Buffer.from([1, 2, 3, 250]);
const sent: StepPart = { raw: bytes.toString("base64"), filename: "out.bin", mediaType: "image/png" };
const script = () => [output("a", [{ text: "here" }, sent], { last: true }), complete()];

async function simulated(wire: Wire): Promise<Running> {
  const agent = await createSimulatedAgent({ name: "helper", ...wire, modes: { streaming: true, push: false }, script });
  return Object.assign(agent, { config: { url: agent.url } });
}

async function brightsy(): Promise<Running> {
  const agent = await createBrightsyAgent({ script });
  const auth = { type: "bearer", token: agent.apiKey } as const;
  return Object.assign(agent, { config: { url: agent.endpoint, preset: "brightsy", auth } as const });
}

async function older(create: typeof createV01Agent | typeof createV02Agent, dialect: "a2a-0.1" | "a2a-0.2"): Promise<Running> {
  const agent = await create({ script });
  return Object.assign(agent, { config: { url: agent.url, dialect } });
}

/** `names`: whether the wire has a place for the names of files. `shows`: whether files come back over it. */
const wires = [
  { name: "1.0 JSON-RPC", start: () => simulated({ protocol: "1.0", binding: "JSONRPC" }), names: true, shows: true },
  { name: "1.0 HTTP+JSON", start: () => simulated({ protocol: "1.0", binding: "HTTP+JSON" }), names: true, shows: true },
  { name: "0.3 JSON-RPC", start: () => simulated({ protocol: "0.3", binding: "JSONRPC" }), names: true, shows: true },
  { name: "0.3 HTTP+JSON", start: () => simulated({ protocol: "0.3", binding: "HTTP+JSON" }), names: false, shows: true },
  { name: "0.2", start: () => older(createV02Agent, "a2a-0.2"), names: true, shows: true },
  { name: "0.1", start: () => older(createV01Agent, "a2a-0.1"), names: true, shows: true },
  // What the simulated one answers is text.
  { name: "Brightsy", start: brightsy, names: true, shows: false },
] as const;

describe.each(wires)("an agent over $name", ({ start, names, shows }) => {
  let running: Running | undefined;
  afterEach(() => running?.stop());

  const send = async (text: string, files: readonly RequestFile[]) => {
    running = await start();
    const events = await all(
      clientFor(running.config).send({ messageId: "0b7a3c1e-5d1f-4c53-9a5c-0d9f6f1f2a01", text, metadata: {}, files }, never),
    );
    expect(running.violations).toEqual([]);
    const [message] = running.received;
    return { events, message };
  };
  const named = (name: string) => (names ? name : "");

  test("gets bytes and links as parts of their own, behind the text", async () => {
    const { message } = await send("look", [
      { name: "a.png", mediaType: "image/png", bytes },
      { name: "b.pdf", mediaType: "application/pdf", url: "https://bridge.test/files/1" },
    ]);
    expect(message?.text).toBe("look");
    expect(message?.files).toEqual([
      { name: named("a.png"), mediaType: "image/png", bytes },
      { name: named("b.pdf"), mediaType: "application/pdf", url: "https://bridge.test/files/1" },
    ]);
  });

  test("gets a message that is nothing but a file", async () => {
    const { message } = await send("", [{ name: "a.png", mediaType: "image/png", bytes }]);
    expect(message).toMatchObject({ text: "", files: [{ bytes }] });
  });

  if (shows) {
    test("gives a file with its bytes, its kind and its name", async () => {
      const { events } = await send("give", []);
      const parts = events.flatMap((event) => (event.kind === "output" ? event.parts : []));
      expect(parts).toContainEqual({
        kind: "file",
        name: names ? "out.bin" : "file",
        mediaType: "image/png",
        bytes: bytes.toString("base64"),
      });
    });
  }
});

test("what an agent takes is what its card and the skills of it name", async () => {
  const agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: true, push: false },
    inputModes: ["text/plain", "image/*"],
  });
  const card = JSON.parse(await (await fetch(agent.cardUrl)).text());
  const skilled = { ...card, skills: card.skills.map((skill: object) => ({ ...skill, inputModes: ["application/pdf", "image/*"] })) };
  expect((await clientFor({ url: agent.url }).abilities(never)).inputModes).toEqual(["text/plain", "image/*"]);
  expect((await clientFor({ url: agent.url, card: skilled }).abilities(never)).inputModes).toEqual([
    "text/plain",
    "image/*",
    "application/pdf",
  ]);
  await agent.stop();
});
