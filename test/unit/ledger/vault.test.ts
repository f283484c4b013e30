import { expect, test } from "@jest/globals";
import { createVault, SealedError } from "../../../src/ledger/vault.ts";

const vault = createVault("a long secret");

test("a sealed text opens in its place, and only there", () => {
  const sealed = vault.seal("hello \u{1F44B}", "row 1");
  expect(sealed.body).not.toContain("hello");
  expect(vault.open(sealed, "row 1")).toBe("hello \u{1F44B}");
  expect(() => vault.open(sealed, "row 2")).toThrow(SealedError);
});

test("the same text is sealed differently each time", () => {
  expect(vault.seal("hello", "row").body).not.toBe(vault.seal("hello", "row").body);
});

test("a changed byte is noticed", () => {
  const sealed = vault.seal("hello", "row");
  const bytes = Buffer.from(sealed.body, "base64");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  expect(() => vault.open({ ...sealed, body: bytes.toString("base64") }, "row")).toThrow(SealedError);
  expect(() => vault.open({ ...sealed, body: "" }, "row")).toThrow(SealedError);
});

test("another key, or none, does not open it; plain text opens with any", () => {
  const sealed = vault.seal("hello", "row");
  expect(() => createVault("another").open(sealed, "row")).toThrow(/sealed with key/);
  expect(() => createVault(undefined).open(sealed, "row")).toThrow(/there is no key/);
  expect(vault.open(createVault(undefined).seal("plain", "row"), "row")).toBe("plain");
  expect(createVault("a long secret").open(sealed, "row")).toBe("hello");
});

test("the hash tells texts, places and keys apart", () => {
  const hashes = [vault.hash("a", "1"), vault.hash("b", "1"), vault.hash("a", "2"), createVault(undefined).hash("a", "1")];
  expect(new Set(hashes).size).toBe(4);
  expect(vault.hash("a", "1")).toBe(hashes[0]);
});
