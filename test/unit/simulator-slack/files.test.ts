import { expect, test } from "@jest/globals";
import { createRig, type Rig } from "./rig.ts";

const words = (text: string) => new TextEncoder().encode(text);

/** A thread, and a file that was announced in it. */
async function announce(rig: Rig, length: number, name = "report.csv") {
  const { ts } = await rig.slack.say({ channel: "C1", user: "UANN", text: "send me the report" });
  const { body } = await rig.call("files.getUploadURLExternal", { filename: name, length });
  return { ts, id: String(body.file_id), url: String(body.upload_url) };
}

const blocks = [{ type: "markdown", text: "Here it is", block_id: "d1" }];

test("an uploaded file is shown in its thread, with its bytes", async () => {
  await using rig = await createRig();
  const { ts, id, url } = await announce(rig, 5);
  expect((await fetch(url, { method: "POST", body: words("a,b,c") })).status).toBe(200);

  const { body } = await rig.call("files.completeUploadExternal", { files: [{ id }], channel_id: "C1", thread_ts: ts, blocks });

  expect(body).toMatchObject({ ok: true, files: [{ id, title: "report.csv" }] });
  expect(rig.slack.thread("C1", ts).replies).toMatchObject([
    { text: "Here it is", deliveryId: "d1", files: [{ id, name: "report.csv", mediaType: "text/csv", size: 5 }] },
  ]);
  expect(Buffer.from(rig.slack.file(id)?.bytes ?? "").toString()).toBe("a,b,c");
  const replies = await rig.call("conversations.replies", { channel: "C1", ts });
  expect(JSON.stringify(replies.body)).toContain('"block_id":"d1"');
});

test("a file is not shown before its bytes are there, nor twice, nor without the scope", async () => {
  await using rig = await createRig();
  const { ts, id, url } = await announce(rig, 5);
  const complete = async () =>
    (await rig.call("files.completeUploadExternal", { files: [{ id }], channel_id: "C1", thread_ts: ts })).body.error;

  expect(await complete()).toBe("file_not_found");
  expect((await fetch(url, { method: "POST", body: words("other length") })).status).toBe(400);
  await fetch(url, { method: "POST", body: words("a,b,c") });
  expect(await complete()).toBeUndefined();
  expect(await complete()).toBe("file_not_found");
  rig.slack.workspace.app.scopes.delete("files:write");
  expect((await rig.call("files.getUploadURLExternal", { filename: "x", length: 1 })).body).toMatchObject({
    error: "missing_scope",
    needed: "files:write",
  });
});

test("faults strike the bytes on both ways", async () => {
  await using rig = await createRig();
  const { url } = await announce(rig, 5);
  const authorization = `Bearer ${rig.slack.config.botToken}`;
  rig.slack.workspace.files.set("F1", { name: "a.txt", mediaType: "text/plain", bytes: words("abc") });
  const download = () => fetch(`${rig.slack.url}/files/F1/a.txt`, { headers: { authorization }, redirect: "manual" });

  rig.slack.fault({ kind: "500", method: "upload" });
  expect((await fetch(url, { method: "POST", body: words("a,b,c") })).status).toBe(500);
  rig.slack.fault({ kind: "error", error: "not_found", method: "download" });
  expect((await download()).status).toBe(404);
  rig.slack.fault({ kind: "error", error: "redirect", method: "download" });
  expect((await download()).status).toBe(302);
  rig.slack.fault({ kind: "error", error: "login_page", method: "download" });
  expect(await (await download()).text()).toContain("Sign in");
  rig.slack.fault({ kind: "dropAfter", method: "download" });
  await expect(download()).rejects.toThrow();
  expect(await (await download()).text()).toBe("abc");
  expect(rig.slack.calls("download").map(({ outcome }) => outcome)).toEqual(["404", "302", "ok", "dropAfter", "ok"]);
});
