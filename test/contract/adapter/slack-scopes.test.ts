import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { slackSchema } from "../../../adapters/slack/config.ts";
import { buildSlackManifest, type Feature, type SlackManifest, toFeatures } from "../../../adapters/slack/manifest.ts";
import { createLog } from "../../../src/log.ts";
import { DeliveryError } from "../../../src/model/errors.ts";
import type { IncomingEvent } from "../../../src/model/message.ts";
import { textReply } from "../../../src/model/reply.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

/**
 * The adapter in a workspace whose app has just what the manifest says: everything that is switched on works. With any one scope or event
 * less, something of it does not; so nothing in the manifest is there for no reason.
 */

const signal = new AbortController().signal;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slack-scopes-"));
});
afterAll(() => rm(folder, { recursive: true }));

const least = { directMessages: "off", command: false, agentView: false, files: false, emails: false, reactions: false };
const variants = [
  { name: "everything over signed requests", config: {}, followUps: true, socketMode: false },
  { name: "everything in Socket Mode", config: {}, followUps: true, socketMode: true },
  { name: "mentions alone", config: least, followUps: false, socketMode: true },
];

interface Variant {
  readonly features: ReadonlySet<Feature>;
  readonly manifest: SlackManifest;
  readonly socketMode: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

function toVariant({ config, followUps, socketMode }: (typeof variants)[number]): Variant {
  const parsed = slackSchema.parse({ botToken: "xoxb-1", appToken: "xapp-1", ...config });
  const features = toFeatures(parsed, followUps);
  const requestUrl = socketMode ? {} : { requestUrl: "https://bridge.example.com/slack/events" };
  return {
    config,
    socketMode,
    features,
    manifest: buildSlackManifest({ ...parsed.manifest, command: parsed.command, features, ...requestUrl }),
  };
}

/** What of the switched-on features does not work in a workspace whose app was made from this manifest. */
async function findBroken({ manifest, config, features, socketMode }: Variant): Promise<readonly string[]> {
  const world = await createSlackWorld({
    config,
    slack: { socketMode, answerMs: 500 },
    prepare: ({ workspace }) => {
      const { app } = workspace;
      replace(app.scopes, manifest.oauth_config.scopes.bot);
      replace(app.events, manifest.settings.event_subscriptions.bot_events);
      app.agent = manifest.features.agent_view !== undefined;
    },
  });
  try {
    world.slack.addChannel({ id: "M1", kind: "mpim" });
    const stage = { world };
    const broken: string[] = [];
    for (const feature of features) {
      for (const [what, works] of Object.entries(trials[feature] ?? {})) if (!(await works(stage).catch(toFalse))) broken.push(what);
    }
    return broken;
  } finally {
    await world.stop();
  }
}

/** A call that Slack refuses, or an act that people cannot do. Anything else is a mistake here. */
function toFalse(error: unknown): boolean {
  const expected =
    error instanceof DeliveryError || (error instanceof Error && /no commands|no stop button|was not heard/.test(error.message));
  if (expected) return false;
  throw error;
}

interface Stage {
  readonly world: SlackWorld;
}

/** The event that the bridge was given for what a person said. */
async function hear({ world }: Stage, said: Parameters<SlackWorld["slack"]["say"]>[0]): Promise<IncomingEvent> {
  const before = world.received.length;
  await (await world.slack.say(said)).delivered;
  const event = world.received[before];
  if (!event) throw new Error("it was not heard");
  return event;
}

const mention = (channel: string) => ({ channel, user: "UANN", text: "<@UBOT> hello" });

/** A root that the bot did not hear of, for what has nothing to do with hearing. */
async function thread({ world }: Stage, channel = "C1") {
  const { ts } = await world.slack.say({ channel, user: "UANN", text: "hello" });
  return { platform: "slack", workspace: "T1", channel, thread: ts, address: { team: "T1", channel, threadTs: ts, ts } };
}

async function followUp(stage: Stage, channel: string): Promise<boolean> {
  const { thread: root } = await thread(stage, channel);
  return (await hear(stage, { channel, user: "UANN", text: "and then?", threadTs: root })).kind === "message";
}

async function isFoundAgain(stage: Stage, channel: string): Promise<boolean> {
  const place = await thread(stage, channel);
  await stage.world.adapter.post(place, textReply("did it arrive?", "answer"), `find-${channel}`, signal);
  return (await stage.world.adapter.find?.(place, `find-${channel}`, signal)) !== undefined;
}

const person = (stage: Stage) =>
  stage.world.adapter.person({ kind: "stop", id: "1", at: 0, author: { id: "UANN", workspace: "T1" }, thread: someThread }, signal);
const someThread = { platform: "slack", workspace: "T1", channel: "C1", thread: "1.1", address: {} };

const trials: Readonly<Partial<Record<Feature, Readonly<Record<string, (stage: Stage) => Promise<boolean>>>>>> = {
  core: {
    "a mention in a channel": async (stage) => (await hear(stage, mention("C1"))).kind === "message",
    "a mention in a private channel": async (stage) => (await hear(stage, mention("G1"))).kind === "message",
    "a mention in a group's direct message": async (stage) => (await hear(stage, mention("M1"))).kind === "message",
    "an answer": async (stage) => {
      const place = await thread(stage);
      await stage.world.adapter.post(place, textReply("hi", "answer"), "d1", signal);
      return stage.world.slack.thread("C1", place.thread).replies.length === 1;
    },
    "a person": async (stage) => (await person(stage)).standing === "member",
  },
  emails: { "an address": async (stage) => (await person(stage)).email === "ann@acme.test" },
  followUps: {
    "a follow-up in a channel": (stage) => followUp(stage, "C1"),
    "a follow-up in a private channel": (stage) => followUp(stage, "G1"),
    "a look for a post in a channel": (stage) => isFoundAgain(stage, "C1"),
    "a look for a post in a private channel": (stage) => isFoundAgain(stage, "G1"),
  },
  directMessages: {
    "a direct message": async (stage) =>
      (await hear(stage, { channel: stage.world.slack.direct("UANN"), user: "UANN", text: "hi" })).kind === "message",
  },
  agentView: {
    "Slack's stop button": async (stage) => {
      const place = await thread(stage);
      await stage.world.adapter.sign(place, { kind: "working" }, signal);
      const before = stage.world.received.length;
      await (await stage.world.slack.pressStop("C1", place.thread, "UANN")).delivered;
      return stage.world.received[before]?.kind === "stop";
    },
  },
  command: {
    "the command": async ({ world }) => (await world.slack.command("/agent help", { channel: "C1", user: "UANN" })).status === 200,
  },
  files: {
    "a file of an agent": async (stage) => {
      const place = await thread(stage);
      const file = { kind: "file", name: "a.txt", mediaType: "text/plain", bytes: "aGVsbG8=" } as const;
      await stage.world.adapter.post(place, { parts: [file], tone: "answer", notify: false }, "d2", signal);
      return stage.world.slack.thread("C1", place.thread).replies.some(({ files }) => files.length === 1);
    },
    "a file of a person": async (stage) => {
      const bytes = new TextEncoder().encode("hello");
      const url = (
        await stage.world.slack.say({ channel: "C1", user: "UANN", text: "", files: [{ name: "a.txt", mediaType: "text/plain", bytes }] })
      ).ts;
      const [file] = stage.world.slack.thread("C1", url).messages[0]?.files ?? [];
      const source = { url: `${stage.world.slack.url}/files/${file?.id}/a.txt` };
      const opened = await stage.world.adapter.open(
        { id: file?.id ?? "", name: "a.txt", mediaType: "text/plain", size: 5, source },
        100,
        signal,
      );
      return new TextDecoder().decode(opened) === "hello";
    },
  },
  reactions: {
    "the sign where no status is shown": async (stage) => {
      const place = await thread(stage);
      for (const method of ["agents.sessions.setStatus", "assistant.threads.setStatus"])
        stage.world.slack.fault({ method, kind: "error", error: "not_allowed" });
      await stage.world.adapter.sign(place, { kind: "working" }, signal).finally(() => stage.world.slack.clearFaults());
      return stage.world.slack.thread("C1", place.thread).messages[0]?.reactions.includes("eyes") ?? false;
    },
  },
};

/** Nothing works any more after these: what they are for is looked at by itself. */
const farewells = ["app_uninstalled", "tokens_revoked"];

describe.each(variants)("an app for $name", (spec) => {
  const variant = toVariant(spec);
  const { bot } = variant.manifest.oauth_config.scopes;
  const heard = variant.manifest.settings.event_subscriptions.bot_events;

  test("does all that is switched on", async () => {
    expect(await findBroken(variant)).toEqual([]);
  });

  test.each(bot)("does not do all of it without the scope %s", async (scope) => {
    const manifest = structuredClone(variant.manifest);
    manifest.oauth_config.scopes.bot = bot.filter((one) => one !== scope);
    expect(await findBroken({ ...variant, manifest })).not.toEqual([]);
  });

  test.each(heard.filter((event) => !farewells.includes(event)))("does not do all of it without the event %s", async (event) => {
    const manifest = structuredClone(variant.manifest);
    manifest.settings.event_subscriptions.bot_events = heard.filter((one) => one !== event);
    expect(await findBroken({ ...variant, manifest })).not.toEqual([]);
  });
});

test.each([[farewells], [farewells.slice(0, 1)], [farewells.slice(1)], [[]]])("the end of the app is logged by %j", async (heard) => {
  const logFile = join(folder, `${heard.join("-")}.log`);
  const world = await createSlackWorld({
    log: createLog({ level: "error", destination: logFile }),
    prepare: ({ workspace }) => replace(workspace.app.events, heard),
  });
  await (await world.slack.uninstall()).delivered;
  await world.stop();
  const log = await readFile(logFile, "utf8").catch(() => "");
  expect(log.split("was removed from the workspace").length - 1).toBe(heard.length);
});

function replace(set: Set<string>, values: readonly string[]): void {
  set.clear();
  for (const value of values) set.add(value);
}
