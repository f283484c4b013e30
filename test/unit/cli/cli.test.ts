import { describe, expect, test } from "@jest/globals";
import { commands } from "../../../src/cli/commands.ts";
import { parseCommandLine } from "../../../src/cli.ts";

const nothing = () => false;
const parse = (line: string, env: Readonly<Record<string, string>> = {}, exists: (path: string) => boolean = nothing) =>
  parseCommandLine(line.split(" ").filter(Boolean), env, exists);
const ready = (name: string, request: object) => ({ kind: "command", ready: { name, request } });

describe("without a command", () => {
  test("the demo runs where there is no configuration", () => {
    expect(parse("")).toMatchObject(ready("demo", { port: 0 }));
    expect(parse("--port 8080")).toMatchObject(ready("demo", { port: 8080 }));
  });

  test("the bridge runs where one is named, or lies at the usual place", () => {
    expect(parse("--config a.yaml")).toMatchObject(ready("start", { path: "a.yaml" }));
    expect(parse("", { BRIDGE_CONFIG: "b.yaml" })).toMatchObject(ready("start", { path: "b.yaml" }));
    expect(parse("", {}, (path) => path === "bridge.config.yaml")).toMatchObject(ready("start", {}));
  });
});

describe("with a command", () => {
  test("start never means the demo", () => {
    expect(parse("start")).toMatchObject(ready("start", {}));
    expect(parse("start --config a.yaml", { BRIDGE_CONFIG: "b.yaml" })).toMatchObject(ready("start", { path: "a.yaml" }));
  });

  test.each([
    ["demo", ready("demo", { port: 0, json: false })],
    ["demo --json", ready("demo", { json: true })],
    ["schema", ready("schema", {})],
    ["schema --out s.json", ready("schema", { out: "s.json" })],
    ["manifest discord --apply", ready("manifest discord", { apply: true, json: false })],
    ["manifest teams --out app.zip", ready("manifest teams", { out: "app.zip", json: false })],
    ["-v", { kind: "version" }],
    ["version", { kind: "version" }],
  ])("%s", (line, asked) => {
    expect(parse(line)).toMatchObject(asked);
  });

  test.each([
    ["strat", "there is no command strat; did you mean start?"],
    ["start now", "this is how it is written: start"],
    ["--confg a", "Unknown option '--confg'"],
    ["demo --config a", "--config does not belong to demo"],
    ["start --port 1", "--port does not belong to start"],
    ["demo --port 70000", "--port 70000 is not a port"],
    ["demo --port x", "--port x is not a port"],
    ["--config", "Option '-c, --config <value>' argument missing"],
    ["manifest", "manifest what? "],
    ["manifest temas", "there is no command manifest temas; did you mean teams?"],
    ["manifest teams", "where to? --out <file>.zip"],
    ["help strat", "there is no command strat; did you mean start?"],
  ])("%s is not understood: %s", (line, why) => {
    expect(parse(line)).toMatchObject({ kind: "misunderstood", why: expect.stringContaining(why) });
  });

  test("what went wrong with one command is answered with the help of that command", () => {
    expect(parse("demo --port x")).toMatchObject({ help: expect.stringMatching(/^a2a-chat-bridge demo \[options\]/) });
    expect(parse("strat")).toMatchObject({ help: expect.stringContaining("npm start -- [command]") });
  });
});

describe("help", () => {
  const helpOf = (line: string) => Object(parse(line)).text;

  test.each(["help", "--help", "-h", "help --help"])("%s shows every command in one line", (line) => {
    const lines: readonly string[] = helpOf(line)
      .replaceAll(/\n {20,}/g, "  ")
      .split("\n");
    const missing = commands.filter(
      ({ name, summary }) => !lines.some((one) => one.startsWith(`  ${name} `) && one.endsWith(`  ${summary}`)),
    );
    expect(missing).toEqual([]);
  });

  test.each(commands.map(({ name, options }) => ({ name, options })))("of $name names its options and exit codes", ({ name, options }) => {
    const page = helpOf(`help ${name}`);
    expect(page).toBe(helpOf(`${name} --help`));
    for (const option of Object.keys(options)) expect(page).toContain(`--${option}`);
    expect(page).toMatch(/ends with\n {2}0 /);
  });

  test("of a group is that of each of its commands", () => {
    expect(helpOf("help agents")).toBe(["list", "check", "ask"].map((verb) => helpOf(`help agents ${verb}`)).join("\n"));
  });

  test("fits a terminal of 120 columns", () => {
    const long = ["help", ...commands.map(({ name }) => `help ${name}`)].flatMap((line) => helpOf(line).split("\n"));
    expect(long.filter((line) => line.length > 120)).toEqual([]);
  });
});

test("an option has the same shape in every command", () => {
  const shapes = new Map<string, string>();
  for (const [name, { value, short }] of commands.flatMap(({ options }) => Object.entries(options))) {
    const shape = `${value === undefined ? "switch" : "text"} ${short}`;
    expect([name, shapes.get(name) ?? shape]).toEqual([name, shape]);
    shapes.set(name, shape);
  }
});

test("whatever looks at something can say it as JSON", () => {
  const silent = ["start", "schema"];
  expect(commands.filter(({ name, options }) => !("json" in options) && !silent.includes(name)).map(({ name }) => name)).toEqual([]);
});
