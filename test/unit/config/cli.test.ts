import { describe, expect, test } from "@jest/globals";
import { parseCommand } from "../../../src/cli.ts";

const nothing = () => false;
const parse = (line: string, env: Readonly<Record<string, string>> = {}, exists: (path: string) => boolean = nothing) =>
  parseCommand(line.split(" ").filter(Boolean), env, exists);

describe("without a command", () => {
  test("the demo runs where there is no configuration", () => {
    expect(parse("")).toEqual({ kind: "demo", port: 0 });
    expect(parse("--port 8080")).toEqual({ kind: "demo", port: 8080 });
  });

  test("the bridge runs where one is named, or lies at the usual place", () => {
    expect(parse("--config a.yaml")).toEqual({ kind: "start", path: "a.yaml" });
    expect(parse("", { BRIDGE_CONFIG: "b.yaml" })).toEqual({ kind: "start", path: "b.yaml" });
    expect(parse("", {}, (path) => path === "bridge.config.yaml")).toEqual({ kind: "start" });
  });
});

describe("with a command", () => {
  test("start never means the demo", () => {
    expect(parse("start")).toEqual({ kind: "start" });
    expect(parse("start --config a.yaml", { BRIDGE_CONFIG: "b.yaml" })).toEqual({ kind: "start", path: "a.yaml" });
  });

  test.each([
    ["demo", { kind: "demo", port: 0 }],
    ["schema", { kind: "schema" }],
    ["schema --out s.json", { kind: "schema", out: "s.json" }],
    ["help", { kind: "help" }],
    ["start --help", { kind: "help" }],
    ["-v", { kind: "version" }],
  ])("%s", (line, command) => {
    expect(parse(line)).toEqual(command);
  });

  test.each(["strat", "start now", "--confg a", "demo --config a", "start --port 1", "demo --port 70000", "demo --port x", "--config"])(
    "%s is not understood",
    (line) => {
      expect(parse(line)).toMatchObject({ kind: "misunderstood" });
    },
  );
});
