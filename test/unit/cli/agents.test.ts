import { describe, expect, test } from "@jest/globals";
import { parseCommandLine } from "../../../src/cli.ts";

const parse = (...args: readonly string[]) => parseCommandLine(["agents", ...args], {}, () => false);

describe("agents", () => {
  test.each([
    [["list"], { verb: "list", json: false }],
    [["list", "--json", "--config", "a.yaml"], { verb: "list", json: true, path: "a.yaml" }],
    [["check", "spark"], { verb: "check", target: "spark", send: false }],
    [["check", "spark", "--yes", "--as", "ann@acme.test"], { verb: "check", target: "spark", send: true, as: "ann@acme.test" }],
    [["check", "spark", "--ask", "Is all well?"], { verb: "check", send: true, question: "Is all well?" }],
    [
      ["check", "https://a.example.com", "--bearer", "t", "--preset", "none"],
      { target: "https://a.example.com", bearer: "t", preset: "none" },
    ],
    [["ask", "spark", "my laptop is slow"], { verb: "ask", target: "spark", text: "my laptop is slow" }],
  ])("%j", (args, command) => {
    expect(parse(...args)).toMatchObject({
      kind: "command",
      ready: { name: `agents ${args[0]}`, request: { kind: "agents", ...command } },
    });
  });

  test.each([
    [[], "agents what? list, check or ask"],
    [["probe"], "there is no command agents probe"],
    [["check"], "agents check <name or url>"],
    [["ask", "spark", "two", "texts"], "agents ask <name or url>"],
    [["ask", "spark", " "], "the text is empty"],
    [["check", "spark", "--ask", ""], "the question is empty"],
    [["list", "--yes"], "--yes does not belong to agents list"],
    [["ask", "spark", "hm", "--ask", "what"], "--ask does not belong to agents ask"],
    [["check", "spark", "--bearer", "t"], "--bearer is for an address"],
    [["check", "spark", "--port", "1"], "--port does not belong to agents check"],
    [["check", "http://"], "http:// is not an address"],
  ])("%j is not understood", (args, why) => {
    expect(parse(...args)).toMatchObject({ kind: "misunderstood", why: expect.stringContaining(why) });
  });

  test("the options of agents belong to agents alone", () => {
    expect(parseCommandLine(["start", "--yes"], {}, () => false)).toMatchObject({ kind: "misunderstood" });
  });
});
