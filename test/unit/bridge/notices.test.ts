import { expect, test } from "@jest/globals";
import { unproven } from "../../../src/bridge/notices.ts";

test.each([
  ["email", "It takes a confirmed e-mail address of your organisation, or an admin who vouches for your account here: give them"],
  ["directory", "Your organisation's directory did not name you, so an admin has to vouch for your account here: give them"],
  ["admin", "This chat confirms nobody's identity, so an admin has to vouch for your account here: give them"],
] as const)("who cannot be identified is told how to get an identity where it comes from: %s", (source, way) => {
  const account = "discord:*:80351110224678912";
  expect(unproven(source, account, "ABCD1234")).toBe(
    `This agent needs to know for certain who you are, and your identity could not be verified. ${way} \`${account}\` for the bridge's list of identities. Nothing was passed on. Reference \`ABCD1234\`.`,
  );
});
