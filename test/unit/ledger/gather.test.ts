import { expect, test } from "@jest/globals";
import { createGatherer } from "../../../src/ledger/gather.ts";
import { until } from "../../support/until.ts";

test("what is given in one turn, and during a flush, goes together, in order, one flush at a time", async () => {
  const batches: (readonly number[])[] = [];
  let underWay = 0;
  let flushed = Promise.withResolvers<void>();
  const give = createGatherer<number>(async (batch) => {
    underWay += 1;
    expect(underWay).toBe(1);
    batches.push(batch);
    await flushed.promise;
    underWay -= 1;
  });
  for (const item of [1, 2, 3]) give(item);
  await until(() => batches.length === 1);
  for (const item of [4, 5]) give(item);
  flushed.resolve();
  await until(() => batches.length === 2);
  flushed = Promise.withResolvers();
  flushed.resolve();
  give(6);
  await until(() => batches.length === 3);
  expect(batches).toEqual([[1, 2, 3], [4, 5], [6]]);
});

test("a flood is cut into batches", async () => {
  const sizes: number[] = [];
  const give = createGatherer<number>(async (batch) => void sizes.push(batch.length));
  for (let n = 0; n < 600; n++) give(n);
  await until(() => sizes.reduce((sum, size) => sum + size, 0) === 600);
  expect(sizes).toEqual([256, 256, 88]);
});
