import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
}

function filesUnder(...folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(ts|js|mjs|cjs|css|html)$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path, "utf8");
      return { path: path.slice(root.length + 1), text, lines: text.split("\n").length - 1 };
    })
    .filter(({ path }) => !/(^|\/)(node_modules|fixtures)\//.test(path));
}

const product = filesUnder("src", "adapters");
const tests = filesUnder("test");

describe("a file can be read in one go:", () => {
  test("none of the product has more than 300 lines", () => {
    const swelling = product.filter(({ lines }) => lines > 250 && lines <= 300);
    if (swelling.length > 0)
      console.warn(`over 250 lines, cut soon: ${swelling.map(({ path, lines }) => `${path} (${lines})`).join(", ")}`);
    expect(product.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  test("none of the tests has more than 400 lines", () => {
    expect(tests.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });
});

test("only src/config.ts reads the environment", () => {
  expect(product.filter(({ text }) => /\bprocess\.env\b|\benv\b.*from "node:process"/.test(text)).map(({ path }) => path)).toEqual([
    "src/config.ts",
  ]);
});

test("no test mocks a module", () => {
  expect(tests.filter(({ text }) => /jest\.(unstable_)?mock\w*\(/.test(text)).map(({ path }) => path)).toEqual([]);
});

test("the lock names the packages of every platform, or npm ci refuses it as out of sync", () => {
  const entry = z.object({ optionalDependencies: z.record(z.string(), z.string()).default({}) });
  const { packages } = z
    .object({ packages: z.record(z.string(), entry) })
    .parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const wanted = Object.entries(packages).flatMap(([parent, { optionalDependencies }]) =>
    Object.keys(optionalDependencies).map((name) => ({ parent, name })),
  );
  const there = ({ parent, name }: (typeof wanted)[number]) =>
    `node_modules/${name}` in packages || `${parent}/node_modules/${name}` in packages;
  expect(wanted.filter((one) => !there(one)).map(({ name }) => name)).toEqual([]);
});

describe("the linter", () => {
  const refused: readonly (readonly [what: string, source: string, rule: string])[] = [
    ["a cast", 'export const a = JSON.parse("1") as number;', "plugin"],
    ["an old cast", 'export const a = <number>JSON.parse("1");', "plugin"],
    ["any", "export const a = (b: any) => b;", "lint/suspicious/noExplicitAny"],
    ["an assertion", "export const a = (b?: string) => b!.length;", "lint/style/noNonNullAssertion"],
    ["a barrel", 'export * from "../log.ts";', "lint/performance/noBarrelFile"],
    [
      "an import without its extension",
      'import { createLog } from "../log";\nexport const a = createLog;',
      "lint/correctness/useImportExtensions",
    ],
  ];
  const spared = [
    'import { join as combine } from "node:path";',
    'export const names = ["a", "b"] as const;',
    "// biome-ignore lint/plugin: the reason",
    'export const a = JSON.parse("1") as number;',
    "export const c = { d: combine } satisfies object;",
  ].join("\n");
  let report = "";
  beforeAll(async () => {
    report = await lint([...refused.map(([, source]) => source), spared]);
  });

  test.each(refused.map(([what, , rule], at) => ({ what, rule, at })))("refuses $what", ({ rule, at }) => {
    expect(report).toMatch(new RegExp(`/${at}\\.ts:\\d+:\\d+ ${rule}\\b`));
  });

  test("spares `as const`, an import under another name and a reasoned exception", () => {
    expect(report).toContain(`Checked ${refused.length + 1} files`);
    expect(report).not.toContain(`/${refused.length}.ts:`);
  });
});

/** Lints sources that stand in src for a moment, where the rules of the product hold. File names are their numbers. */
async function lint(sources: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(root, "src/.lint-"));
  try {
    await Promise.all(sources.map((source, at) => writeFile(join(folder, `${at}.ts`), `${source}\n`)));
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    return await run([biome, "lint", "--colors=off", "--max-diagnostics=100", folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => execFile(process.execPath, args, { cwd: root }, (_err, stdout, stderr) => resolve(stdout + stderr)));
}
