import { expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../../src/simulator/agents/agent.ts";
import { complete, output, type StepPart } from "../../../src/simulator/agents/steps.ts";
import { createStage } from "../../support/stage.ts";
import { createTeamsBridge, help, said } from "../../support/teams/bridge.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

const notes = { name: "notes.txt", mediaType: "text/plain", bytes: Buffer.from("first line\nsecond") };
const picture = { name: "screen.png", mediaType: "image/png", bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]) };
const csv = { raw: Buffer.from("a,b\n1,2\n").toString("base64"), filename: "report.csv", mediaType: "text/csv" };
const png = { raw: picture.bytes.toString("base64"), filename: "stripes.png", mediaType: "image/png" };

/** The agent sends this, and says how many files it got. */
async function setUp(parts: readonly StepPart[], config: object = {}) {
  const agent: SimulatedAgent = await stage.agent({
    inputModes: ["*/*"],
    script: (turn) => [output("a", [{ text: `got ${turn.files.length}` }, ...parts], { last: true }), complete()],
  });
  const { teams, world } = await createTeamsBridge(stage, { config: { agents: { helper: { url: agent.url } }, ...config } });
  const chat = teams.personal("ann");
  const shown = () => teams.chat(chat).messages.filter(({ bot }) => bot);
  const words = () => said(teams.chat(chat).messages);
  return { agent, teams, world, chat, shown, words };
}

test("files and pictures of a personal chat reach the agent", async () => {
  const { agent, teams, words } = await setUp([]);
  await teams.say({ user: "ann", text: "see", files: [notes, picture] });
  await until(() => words().length > 0);
  expect(words()).toEqual(["got 2"]);
  expect(agent.received[0]?.files).toMatchObject([
    { name: "notes.txt", mediaType: "text/plain" },
    { name: "image.png", mediaType: "image/png" },
  ]);
  expect(agent.received[0]?.files.map(({ bytes }) => Buffer.from(bytes ?? ""))).toEqual([notes.bytes, picture.bytes]);
  expect(teams.violations).toEqual([]);
});

test("of a channel's files only pictures can be had: the others are named as such", async () => {
  const { agent, teams } = await setUp([]);
  const { id } = await teams.say({ channel: help, user: "ann", text: "see", mention: true, files: [notes, picture] });
  const replies = () => said(teams.thread(help, id).replies);
  await until(() => replies().length >= 2);
  expect(replies()).toContain("Not passed on to the agent:\n- `file`: Teams gives bots the files of personal chats only");
  expect(replies()).toContain("got 1");
  expect(agent.received[0]?.files).toMatchObject([{ mediaType: "image/png" }]);
});

test("a small picture stands in the message itself, also in a channel", async () => {
  const { teams } = await setUp([png]);
  const { id } = await teams.say({ channel: help, user: "ann", text: "draw", mention: true });
  const withFiles = () => teams.thread(help, id).replies.filter(({ files }) => files.length > 0);
  await until(() => withFiles().length > 0);
  expect(withFiles()).toMatchObject([{ aiLabel: true, files: [{ name: "stripes.png", mediaType: "image/png", size: 7 }] }]);
  expect(Buffer.from(teams.file(withFiles()[0]?.files[0]?.id ?? "")?.bytes ?? "")).toEqual(picture.bytes);
  expect(teams.violations).toEqual([]);
});

test("any other file of a channel is offered by a link of the bridge", async () => {
  const { teams } = await setUp([csv]);
  const { id } = await teams.say({ channel: help, user: "ann", text: "report", mention: true });
  const replies = () => said(teams.thread(help, id).replies);
  await until(() => replies().length >= 2);
  expect(replies()[1]).toContain("`report.csv` cannot be shown here: outside of personal chats Teams takes only small pictures from bots.");
  const [link = ""] = /http:\S+$/.exec(replies()[1] ?? "") ?? [];
  expect(await (await fetch(link)).text()).toBe("a,b\n1,2\n");
});

test("in a personal chat its person allows the file, also after a restart of the bridge, and once", async () => {
  const { teams, world, shown } = await setUp([csv]);
  await teams.say({ user: "ann", text: "report" });
  const card = await until(() => shown().find(({ files }) => files.length > 0));
  expect(card.files).toMatchObject([{ id: "", name: "report.csv", size: 8 }]);
  await world.restart();
  const about = { user: "ann", id: card.id, accept: true };
  expect((await teams.answerFileConsent(about)).answer?.status).toBe(200);
  const [file] = await until(
    () => shown().find(({ id }) => id === card.id && id !== "" && shown().some(({ files }) => files[0]?.id))?.files,
  );
  expect(file).toMatchObject({ name: "report.csv", size: 8 });
  expect(Buffer.from(teams.file(file?.id ?? "")?.bytes ?? "").toString()).toBe("a,b\n1,2\n");
  expect(teams.calls("upload")).toHaveLength(1);
  expect(teams.violations).toEqual([]);
});

test("a file that is declined goes nowhere", async () => {
  const { teams, shown } = await setUp([csv]);
  await teams.say({ user: "ann", text: "report" });
  const card = await until(() => shown().find(({ files }) => files.length > 0));
  await teams.answerFileConsent({ user: "ann", id: card.id, accept: false });
  await until(() => shown().some(({ text }) => text === "The file was declined."));
  expect(teams.calls("upload")).toEqual([]);
});

test("an upload that fails for a moment is tried again, and made once; one that the store refuses is told", async () => {
  const { teams, shown } = await setUp([csv]);
  await teams.say({ user: "ann", text: "report" });
  const card = await until(() => shown().find(({ files }) => files.length > 0));
  teams.fault({ kind: "503", operation: "upload" });
  teams.fault({ kind: "503", operation: "edit" });
  await teams.answerFileConsent({ user: "ann", id: card.id, accept: true });
  await until(() => shown().some(({ files }) => files[0]?.id));
  expect(teams.calls("upload").map(({ status }) => status)).toEqual([503, 201]);
  await teams.say({ user: "ann", text: "report" });
  const second = await until(() => shown().find(({ id, files }) => id !== card.id && files.length > 0));
  teams.fault({ kind: "error", status: 403, code: "accessDenied", operation: "upload" });
  await teams.answerFileConsent({ user: "ann", id: second.id, accept: true });
  await until(() => shown().some(({ text }) => text === "The file could not be put into your OneDrive."));
});

test("nobody gets another conversation's file by naming its delivery, and no upload goes elsewhere", async () => {
  const { teams, world, shown } = await setUp([csv]);
  await teams.say({ user: "ann", text: "report" });
  const card = await until(() => shown().find(({ files }) => files.length > 0));
  const [delivery] = (await world.app.ledger.trace("")).map(({ id }) => id);
  expect(delivery).toBeUndefined();
  // Ben has a card of his own, and sends Ann's delivery with it.
  await teams.say({ user: "ben", text: "report" });
  const bens = await until(() => teams.chat(teams.personal("ben")).messages.find(({ bot, files }) => bot && files.length > 0));
  const annsContext = contextOf(teams, "ann", card.id);
  replaceContext(teams, "ben", bens.id, annsContext);
  await teams.answerFileConsent({ user: "ben", id: bens.id, accept: true });
  await until(() => teams.chat(teams.personal("ben")).messages.some(({ text }) => text === "This file is not kept any more."));
  expect(teams.calls("upload")).toEqual([]);
});

type Teams = Awaited<ReturnType<typeof setUp>>["teams"];

function cardOf(teams: Teams, user: string, id: string) {
  const message = teams.tenant.conversations.get(teams.personal(user))?.messages.find((one) => one.id === id);
  if (!message) throw new Error("there is no such card");
  return message;
}

function contextOf(teams: Teams, user: string, id: string): unknown {
  return Object(cardOf(teams, user, id).attachments[0]?.content).acceptContext;
}

function replaceContext(teams: Teams, user: string, id: string, acceptContext: unknown): void {
  const message = cardOf(teams, user, id);
  message.attachments = message.attachments.map((one) => ({ ...one, content: { ...Object(one.content), acceptContext } }));
}
