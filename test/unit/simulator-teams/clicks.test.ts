import { describe, expect, test } from "@jest/globals";
import { createRig, group, type Rig } from "./rig.ts";

const approval = {
  contentType: "application/vnd.microsoft.card.adaptive",
  content: {
    type: "AdaptiveCard",
    version: "1.5",
    body: [
      { type: "TextBlock", text: "Approve?" },
      { type: "ActionSet", actions: [{ type: "Action.OpenUrl", title: "Read", url: "https://x.test" }] },
    ],
    actions: [
      { type: "Action.Execute", title: "Yes", verb: "approve", data: { question: "q1" } },
      { type: "Action.Submit", title: "No", data: { msteams: { type: "messageBack" }, question: "q1", choice: "no" } },
    ],
  },
};

async function postCard(rig: Rig, conversation = group): Promise<string> {
  return (await rig.post(conversation, { type: "message", attachments: [approval] })).body.id ?? "";
}

describe("a card", () => {
  test("shows what can be pressed, wherever it stands", async () => {
    await using rig = await createRig();
    await postCard(rig);
    expect(rig.teams.chat(group).messages[0]?.buttons).toMatchObject([
      { title: "Read", type: "Action.OpenUrl" },
      { title: "Yes", type: "Action.Execute", verb: "approve" },
      { title: "No", type: "Action.Submit" },
    ]);
  });

  test("Action.Execute is an invoke in the clicker's name, whose answer only the clicker sees", async () => {
    await using rig = await createRig();
    const id = await postCard(rig);
    const card = { type: "AdaptiveCard", version: "1.5", body: [] };
    rig.answer(() => ({ status: 200, body: JSON.stringify({ statusCode: 200, type: approval.contentType, value: card }) }));
    const clicked = await rig.teams.submitCard({ chat: group, user: "ben", id, title: "Yes", inputs: { why: "because" } });
    expect(clicked.answer?.status).toBe(200);
    expect(rig.received[0]?.activity).toMatchObject({
      type: "invoke",
      name: "adaptiveCard/action",
      replyToId: id,
      from: { id: "29:1ben", aadObjectId: expect.any(String) },
      value: { trigger: "manual", action: { type: "Action.Execute", verb: "approve", data: { question: "q1", why: "because" } } },
    });
    expect(rig.teams.chat(group).messages).toMatchObject([{ cards: [approval.content], refreshed: [{ user: "ben", card }] }]);
  });

  test.each(["", "{}", "no JSON", '{"statusCode":"200"}'])("an answer to Action.Execute that is %p is a violation", async (body) => {
    await using rig = await createRig();
    const id = await postCard(rig);
    rig.answer(() => ({ status: 200, body }));
    await rig.teams.submitCard({ chat: group, user: "ann", id, title: "Yes" });
    expect(rig.teams.violations).toHaveLength(1);
  });

  test("Action.Submit is a message with a value and without a text", async () => {
    await using rig = await createRig();
    const id = await postCard(rig);
    const { delivered } = await rig.teams.submitCard({ chat: group, user: "ann", id, title: "No" });
    expect(delivered).toMatchObject([{ type: "message", statuses: [200] }]);
    const { activity } = rig.received[0] ?? {};
    expect(activity).toMatchObject({ type: "message", replyToId: id, value: { question: "q1", choice: "no" } });
    expect([activity?.text, activity?.entities, Object(activity?.value).msteams]).toEqual([undefined, undefined, undefined]);
  });

  test("that is gone cannot be pressed", async () => {
    await using rig = await createRig();
    const id = await postCard(rig);
    await expect(rig.teams.submitCard({ chat: group, user: "ann", id, title: "Maybe" })).rejects.toThrow("no button");
    await rig.call("PUT", `v3/conversations/${group}/activities/${id}`, { type: "message", text: "Approved by Ben" });
    await expect(rig.teams.submitCard({ chat: group, user: "ann", id, title: "Yes" })).rejects.toThrow("no button");
  });
});

describe("thumbs", () => {
  const asked = (feedbackLoop: unknown) => ({ type: "message", text: "answer", channelData: { feedbackLoop } });

  test("are an invoke that wants an empty answer", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(group, asked({ type: "default" }));
    await rig.teams.clickFeedback({ chat: group, user: "ann", id: body.id ?? "", reaction: "like", words: "great" });
    expect(rig.received[0]?.activity).toMatchObject({
      type: "invoke",
      name: "message/submitAction",
      replyToId: body.id,
      value: { actionName: "feedback", actionValue: { reaction: "like", feedback: '{"feedbackText":"great"}' } },
    });
    expect(rig.teams.violations).toEqual([]);
    rig.answer(() => ({ status: 200, body: "{}" }));
    await rig.teams.clickFeedback({ chat: group, user: "ann", id: body.id ?? "", reaction: "dislike" });
    expect(rig.teams.violations).toEqual(["feedback was answered with a body"]);
  });

  test("that are the bot's own open its form", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(group, asked({ type: "custom" }));
    await rig.teams.clickFeedback({ chat: group, user: "ann", id: body.id ?? "", reaction: "like" });
    expect(rig.received[0]?.activity).toMatchObject({ name: "message/fetchTask" });
  });

  test("cannot be pressed where there are none", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(group, "plain");
    await expect(rig.teams.clickFeedback({ chat: group, user: "ann", id: body.id ?? "", reaction: "like" })).rejects.toThrow("no thumbs");
  });
});

describe("files", () => {
  const text = { name: "notes.txt", mediaType: "text/plain", bytes: Buffer.from("some notes") };
  const picture = { name: "cat.png", mediaType: "image/png", bytes: Buffer.from("png") };

  test("of a person come by an address that needs no token, in a personal chat", async () => {
    await using rig = await createRig();
    await (await rig.teams.say({ user: "ann", text: "read this", files: [text] })).delivered;
    const [attachment] = Object(rig.received[0]?.activity).attachments;
    expect(attachment).toMatchObject({
      contentType: "application/vnd.microsoft.teams.file.download.info",
      name: "notes.txt",
      content: { fileType: "txt" },
    });
    const { downloadUrl } = attachment.content;
    expect(await (await fetch(downloadUrl)).text()).toBe("some notes");
    expect((await fetch(downloadUrl.split("?")[0])).status).toBe(401);
    expect(rig.teams.violations).toEqual([]);
    await fetch(downloadUrl, { headers: { authorization: `Bearer ${rig.token}` } });
    expect(rig.teams.violations).toEqual(["the bot's token was sent to a file store"]);
  });

  test("pictures come everywhere, and need the bot's token; other files stay away from group chats", async () => {
    await using rig = await createRig();
    await (await rig.teams.say({ chat: group, user: "ann", text: "look", mention: true, files: [text, picture] })).delivered;
    const { attachments } = Object(rig.received[0]?.activity);
    expect(attachments.map(({ contentType }: { contentType: string }) => contentType)).toEqual(["image/png", "text/html"]);
    const { contentUrl } = attachments[0];
    expect((await fetch(contentUrl)).status).toBe(401);
    expect(await (await fetch(contentUrl, { headers: { authorization: `Bearer ${rig.token}` } })).text()).toBe("png");
    expect(rig.teams.chat(group).messages[0]?.files.map(({ name }) => name)).toEqual(["notes.txt", "cat.png"]);
  });

  const consent = {
    contentType: "application/vnd.microsoft.teams.card.file.consent",
    name: "report.txt",
    content: { description: "The report", sizeInBytes: 5, acceptContext: { id: 1 }, declineContext: { id: 1 } },
  };

  test("of the bot are allowed, uploaded and announced", async () => {
    await using rig = await createRig();
    const chat = rig.teams.personal("ann");
    const { body } = await rig.post(chat, { type: "message", attachments: [consent] });
    await rig.teams.answerFileConsent({ user: "ann", id: body.id ?? "", accept: true });
    const { activity } = rig.received[0] ?? {};
    expect(activity).toMatchObject({ type: "invoke", name: "fileConsent/invoke", value: { action: "accept", context: { id: 1 } } });
    const { uploadUrl, uniqueId, name, fileType } = Object(activity?.value).uploadInfo;
    const info = { contentType: "application/vnd.microsoft.teams.card.file.info", name, content: { uniqueId, fileType } };
    expect((await rig.post(chat, { type: "message", attachments: [info] })).status).toBe(400);
    expect((await fetch(uploadUrl, { method: "PUT", body: "12345" })).status).toBe(400);
    const headers = { "content-range": "bytes 0-4/5" };
    expect((await fetch(uploadUrl, { method: "PUT", body: "12345", headers })).status).toBe(201);
    expect((await rig.post(chat, { type: "message", attachments: [info] })).status).toBe(201);
    expect(rig.teams.chat(chat).messages.at(-1)?.files).toMatchObject([{ id: uniqueId, name: "report.txt", size: 5 }]);
    expect(Buffer.from(rig.teams.tenant.files.get(uniqueId)?.bytes ?? "").toString()).toBe("12345");
  });

  test("a picture of the bot stands in its message, and can be looked at", async () => {
    await using rig = await createRig();
    const bytes = Buffer.from("png");
    const image = { contentType: "image/png", name: "cat.png", contentUrl: `data:image/png;base64,${bytes.toString("base64")}` };
    await rig.post(group, { type: "message", text: "a cat", attachments: [image] });
    const [shown] = rig.teams.chat(group).messages.at(-1)?.files ?? [];
    expect(shown).toMatchObject({ name: "cat.png", mediaType: "image/png", size: 3 });
    expect(rig.teams.file(shown?.id ?? "")?.bytes).toEqual(bytes);
  });

  test("of the bot can be declined, and have no place in a group chat", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(rig.teams.personal("ann"), { type: "message", attachments: [consent] });
    await rig.teams.answerFileConsent({ user: "ann", id: body.id ?? "", accept: false });
    expect(rig.received[0]?.activity).toMatchObject({ value: { action: "decline", context: { id: 1 } } });
    expect(Object(rig.received[0]?.activity.value).uploadInfo).toBeUndefined();
    expect((await rig.post(group, { type: "message", attachments: [consent] })).status).toBe(400);
  });
});
