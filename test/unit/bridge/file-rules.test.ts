import { describe, expect, test } from "@jest/globals";
import { isRefused, toFileName, toMediaType, whyNotTaken } from "../../../src/bridge/file-rules.ts";

describe("the name of a file", () => {
  test.each([
    ["report.csv", "report.csv"],
    ["C:\\Users\\ann\\report.csv", "report.csv"],
    ["../../etc/passwd", "passwd"],
    ["\u202Evsc.exe", "vsc.exe"],
    ["a\u0000b\nc\u200B.txt", "abc.txt"],
    [' .. a<b>:"c"|?*`.txt. ', "a_b___c_____.txt"],
    ["Zürich 報告 🙂.pdf", "Zürich 報告 🙂.pdf"],
    ["", "file.png"],
    ["...", "file.png"],
    ["image", "image.png"],
    ["file", "file.png"],
  ])("%j becomes %j", (given, shown) => {
    expect(toFileName(given, "image/png")).toBe(shown);
  });

  test("is cut where nobody reads on, and keeps its ending", () => {
    const name = toFileName(`${"x".repeat(300)}.pdf`, "application/pdf");
    expect(name.length).toBeLessThan(121);
    expect(name).toMatch(/….pdf$/);
    expect(toFileName(`${"x".repeat(99)}😀${"y".repeat(99)}.pdf`, "application/pdf").isWellFormed()).toBe(true);
  });
});

test.each([
  ["text/csv; charset=utf-8", "a", "text/csv"],
  ["", "a.PDF", "application/pdf"],
  ["application/octet-stream", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["nonsense", "constructor", "application/octet-stream"],
  ["image/png\r\nx: y", "a.txt", "text/plain"],
])("the media type %j of %j is %j", (given, name, type) => {
  expect(toMediaType(given, name)).toBe(type);
});

describe("an agent", () => {
  test.each([
    [["text/plain"], "text/plain", false],
    [["text", "application/json"], "text/plain", false],
    [[], "text/plain", false],
    [["text/plain", "image/*"], "text/plain", true],
    [["text/plain", "image/*"], "image/png", true],
    [["image/*"], "application/pdf", false],
    [["Application/PDF; version=1"], "application/pdf", true],
    [["*/*"], "application/x-anything", true],
    [["text", "file"], "application/x-anything", true],
    [["image"], "image/gif", true],
    [["images/*"], "image/gif", false],
  ])("with the modes %j and a file of %s: %j", (modes, type, taken) => {
    expect(whyNotTaken(undefined, modes, type) === undefined).toBe(taken);
  });
});

test("what the admin names is meant as files, plain text as well", () => {
  expect(whyNotTaken(["text/plain"], ["text/plain"], "text/plain")).toBeUndefined();
  expect(whyNotTaken(["text/plain"], ["*/*"], "image/png")).toBeDefined();
});

test("an agent that takes nothing but text says so", () => {
  expect(whyNotTaken(undefined, ["text/plain", "application/json"], "text/plain")).toBe("this agent takes text alone");
  expect(whyNotTaken(undefined, ["image/*"], "text/plain")).toBe("this agent does not take files of this kind (text/plain)");
});

describe("a file is kept back", () => {
  const limits = { maxBytes: 1, perMessage: 1, linkMs: 1, refused: ["exe", "bat"] };

  test.each([
    ["a.exe", undefined, true],
    ["a.EXE", undefined, true],
    ["a.exe.txt", undefined, false],
    ["exe", undefined, false],
    ["a.png", Buffer.from("MZ\u0090"), true],
    ["a.png", Buffer.from("\u007fELF"), true],
    ["a.png", Buffer.from("M"), false],
  ])("%s with %j: %j", (name, bytes, refused) => {
    expect(isRefused(limits, name, bytes)).toBe(refused);
  });

  test("by nothing where the admin names nothing", () => {
    expect(isRefused({ ...limits, refused: [] }, "a.exe", Buffer.from("MZ"))).toBe(false);
  });
});
