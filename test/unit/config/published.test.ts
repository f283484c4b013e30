import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { descriptions } from "../../../src/config/descriptions.ts";
import { describedKeys, toConfigJsonSchema } from "../../../src/config/json-schema.ts";
import { parseConfig } from "../../../src/config.ts";

const read = (name: string) => readFile(join(import.meta.dirname, "../../..", name), "utf8");
const example = async (): Promise<unknown> => parse(await read("bridge.config.example.yaml"));
const keys = describedKeys();

describe("the published schema", () => {
  test("is the one of the code (npm run schema writes it)", async () => {
    expect(JSON.parse(await read("bridge.config.schema.json"))).toEqual(JSON.parse(JSON.stringify(toConfigJsonSchema())));
  });

  test("describes every key, and no other", () => {
    expect(keys.filter(({ schema }) => schema.description === undefined).map(({ key }) => key)).toEqual([]);
    expect(Object.keys(descriptions).filter((key) => !keys.some((known) => known.key === key))).toEqual([]);
  });

  test("takes the example and refuses an unknown key", async () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(await read("bridge.config.schema.json")));
    const raw = await example();
    expect(validate(raw)).toBe(true);
    expect(validate({ ...Object(raw), unknown: 1 })).toBe(false);
  });
});

test("the example can be used as it stands, once its secrets are there", async () => {
  const text = (await read("bridge.config.example.yaml")).replaceAll(/\$\{file:[^}]*\}/g, "${FILE}");
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? "");
  const env = Object.fromEntries(names.map((name) => [name, name === "SLACK_BOT_TOKEN" ? "xoxb-1" : "a-secret-of-some-length"]));
  expect(parseConfig(parse(text), env).routes).toHaveLength(2);
});

test("README names every key", async () => {
  const readme = await read("README.md");
  expect(keys.filter(({ key }) => !readme.includes(`\`${key}\``)).map(({ key }) => key)).toEqual([]);
});

test("every link of README into the product leads somewhere", async () => {
  const links = [...(await read("README.md")).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, path]) => path ?? "");
  expect(links.length).toBeGreaterThan(15);
  expect(links.filter((path) => !existsSync(join(import.meta.dirname, "../../..", path)))).toEqual([]);
});
