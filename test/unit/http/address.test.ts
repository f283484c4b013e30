import { describe, expect, test } from "@jest/globals";
import { createAddressCheck } from "../../../src/http/address.ts";

describe("an address may be dialled:", () => {
  test.each([
    ["8.8.8.8", false, true],
    ["::ffff:8.8.8.8", false, true],
    ["2606:4700::1111", false, true],
    ["10.0.0.1", false, false],
    ["::ffff:10.0.0.1", false, false],
    ["::7f00:1", false, false],
    ["4000::1", false, false],
    ["fd00::1", false, false],
    ["not an address", true, false],
    ["10.0.0.1", true, true],
    ["::1", true, true],
    ["::ffff:127.0.0.1", true, true],
    ["100.64.0.1", true, true],
    ["169.254.169.254", true, false],
    ["0.0.0.0", true, false],
    ["224.0.0.1", true, false],
    ["10.0.0.1", ["10.0.0.0/8"], true],
    ["::ffff:10.0.0.1", ["10.0.0.0/8"], true],
    ["11.0.0.1", ["10.0.0.0/8"], true],
    ["192.168.0.1", ["10.0.0.0/8"], false],
    ["169.254.169.254", ["169.254.169.254"], true],
    ["169.254.169.253", ["169.254.169.254"], false],
    ["fd00::1", ["10.0.0.0/8", "fd00::/8"], true],
  ])("%s with %j: %s", (address, allowed, expected) => {
    expect(createAddressCheck(allowed)(address)).toBe(expected);
  });
});
