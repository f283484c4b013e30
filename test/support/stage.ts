import { afterEach } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent, type SimulatedAgentOptions } from "../../src/simulator/agents/agent.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

/** Agents and bridges of one test file. What a test starts is stopped after it, the newest first. */
export interface Stage {
  /** An agent of A2A 1.0 over JSON-RPC that streams and pushes, unless the options say otherwise. */
  agent(options?: Partial<SimulatedAgentOptions>): Promise<SimulatedAgent>;
  world(options: WorldOptions): Promise<World>;
  /** Anything else that a test has started. */
  owns(end: () => Promise<unknown>): void;
}

/** Call it once, at the top of a file. */
export function createStage(): Stage {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return {
    async agent(options = {}) {
      const agent = await createSimulatedAgent({
        name: "helper",
        protocol: "1.0",
        binding: "JSONRPC",
        modes: { streaming: true, push: true },
        ...options,
      });
      ends.push(() => agent.stop());
      return agent;
    },
    async world(options) {
      const world = await createWorld(options);
      ends.push(() => world.stop());
      return world;
    },
    owns: (end) => void ends.push(end),
  };
}

/** What the bot has said in a thread, without what is still being written. */
export function replies(slack: SlackSimulator, threadTs: string, channel = "C1"): readonly string[] {
  return slack
    .thread(channel, threadTs)
    .replies.filter(({ user, streaming }) => user === slack.workspace.app.botUser && !streaming)
    .map(({ text }) => text);
}

/** What one person alone was shown in a channel, in a thread of it or outside. */
export function whispers(slack: SlackSimulator, user: string, threadTs: string, channel = "C1"): readonly string[] {
  return [...slack.thread(channel, threadTs).private, ...slack.privately(channel)]
    .filter((one) => one.user === user)
    .map(({ text }) => text);
}

/** Mentions the bot at the root of a channel. Resolves to the thread. */
export async function mention(
  slack: SlackSimulator,
  text: string,
  who: { readonly user?: string; readonly channel?: string } = {},
): Promise<string> {
  const { ts } = await slack.say({ channel: who.channel ?? "C1", user: who.user ?? "UANN", text: `<@UBOT> ${text}` });
  return ts;
}

/** A gate for agent scripts: `open` lets through whoever waits or comes later. */
export function createGate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}
