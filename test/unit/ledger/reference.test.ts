import { expect, test } from "@jest/globals";
import { createReference, toReference } from "../../../src/ledger/reference.ts";

test("a reference is eight characters that can be read out", () => {
  for (let n = 0; n < 200; n++) expect(createReference()).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
});

test("a reference is known however it was typed", () => {
  expect(toReference("a0b1-c2d3")).toBe("A0B1C2D3");
  expect(toReference(" aOBi c2d3 ")).toBe("A0B1C2D3");
  expect(toReference("AoBLC2D3")).toBe("A0B1C2D3");
  const reference = createReference();
  expect(toReference(reference)).toBe(reference);
});
