import { describe, expect, test } from "@jest/globals";
import { readIdentities } from "../../../src/identity/read.ts";
import { ConfigError } from "../../../src/model/errors.ts";

const read = (text: string) => readIdentities("ids.csv", text, []).map(({ account, userPrincipalName }) => [account, userPrincipalName]);

function problems(text: string): string {
  try {
    read(text);
    return "";
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

const tenant = "11111111-2222-4333-8444-555555555555";

describe("the file of identities", () => {
  test("names one account a line, on every platform; headings, remarks, quotes and the ends of lines of other systems do no harm", () => {
    const text = [
      "\uFEFFaccount,userPrincipalName",
      "# the helpdesk",
      "discord:*:80351110224678912,ann@example.com",
      ' "discord:80351110224678000:80351110224678913" , "ben@example.com" ',
      "",
      "slack:T024BE7LD:U023BECGF,ann@example.com",
      `teams:${tenant}:29:1abc:x,ann@example.com`,
    ].join("\r\n");
    expect(read(text)).toEqual([
      [{ platform: "discord", workspace: "*", user: "80351110224678912" }, "ann@example.com"],
      [{ platform: "discord", workspace: "80351110224678000", user: "80351110224678913" }, "ben@example.com"],
      [{ platform: "slack", workspace: "T024BE7LD", user: "U023BECGF" }, "ann@example.com"],
      [{ platform: "teams", workspace: tenant, user: "29:1abc:x" }, "ann@example.com"],
    ]);
  });

  test.each([
    ["discord:*:80351110224678912", "is not of the form <platform>:<workspace or *>:<user id>,<userPrincipalName>"],
    ["discord:*:80351110224678912;ann@example.com", "is not of the form"],
    ["discord:*:80351110224678912,ann@example.com,1", "is not of the form"],
    ["discord:80351110224678912,ann@example.com", "the account is not of the form <platform>:<workspace or *>:<user id>"],
    ["dicord:*:80351110224678912,ann@example.com", "the platform is none of slack, teams, discord"],
    ["constructor:*:1,ann@example.com", "the platform is none of"],
    ["discord:*:ann,ann@example.com", "the user is not an id of discord; write it like discord:*:80351110224678912"],
    ["discord:acme:80351110224678912,ann@example.com", "the workspace is not an id of discord"],
    ["slack:T1:ann,ann@example.com", "the user is not an id of slack"],
    ["teams:*:ann@example.com,ann@example.com", "the user is not an id of teams"],
    ["discord:*:80351110224678912,ann", "what follows the comma is not a user principal name such as ann@example.com"],
    ["discord:*:80351110224678912,", "what follows the comma is not a user principal name"],
  ])("is refused as a whole for the line %p, which is named", (line, problem) => {
    const message = problems(`slack:T1:U1,first@example.com\n\n${line}\n`);
    expect(message).toMatch(/^ids.csv cannot be used:\n/);
    expect(message).toContain(`line 3: ${problem}`);
    // It is fit for a log: it tells nobody's name.
    expect(message.replaceAll("such as ann@example.com", "")).not.toContain("@");
  });

  test("holds an account once, and a person once in a workspace", () => {
    const one = "discord:*:80351110224678912,ann@example.com";
    expect(problems(`${one}\n${one}`)).toContain("line 2: discord:*:80351110224678912 is named already in line 1");
    expect(problems(`${one}\ndiscord:80351110224678000:80351110224678913,ANN@example.com`)).toContain(
      "line 2: the person of discord:80351110224678000:80351110224678913 is discord:*:80351110224678912 already in line 1",
    );
    expect(problems("slack:T1:U1,ann@example.com\nslack:T2:U2,ann@example.com\nslack:*:U1,anna@example.com")).toBe("");
  });

  test("tells at most twenty problems", () => {
    const message = problems(Array.from({ length: 25 }, () => "nonsense").join("\n"));
    expect(message.split("\n")).toHaveLength(22);
    expect(message).toContain("and 5 more");
  });
});
