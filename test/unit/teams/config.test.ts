import { expect, test } from "@jest/globals";
import { teamsSchema } from "../../../adapters/teams/config.ts";

const id = "aaaaaaaa-0000-4000-8000-000000000001";
const needed = { appId: id, appPassword: "s", tenantId: id };
const problems = (input: unknown) =>
  teamsSchema
    .safeParse(input)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("\n") ?? "";

test("app, secret and tenant are enough", () => {
  expect(teamsSchema.parse(needed)).toMatchObject({
    ...needed,
    cloud: "public",
    managedIdentity: false,
    insecureLocal: false,
    endpoints: {},
    feedbackButtons: true,
    pace: { perSecond: 7, perTwoSeconds: 8, perHalfMinute: 60, perHour: 1_800 },
  });
});

test.each([
  [{ appPassword: undefined, certificate: { file: "bot.pem" } }],
  [{ appPassword: undefined, managedIdentity: true }],
  [{ cloud: "usGovernment", allowedTenants: [id], endpoints: { connector: "http://127.0.0.1:1/amer/" } }],
])("%j is another way", (change) => {
  expect(problems({ ...needed, ...change })).toBe("");
});

test("without an app id it has to be said that anybody on this machine may come", () => {
  expect(problems({ insecureLocal: true })).toBe("");
  expect(problems({})).toContain("appId: is missing");
});

test.each([
  [{ appId: "my bot" }, "appId: "],
  [{ tenantId: "acme.onmicrosoft.com" }, "tenantId: "],
  [{ tenantId: undefined }, "tenantId: is missing"],
  [{ appPassword: undefined }, "appPassword: is missing"],
  [{ appPassword: "" }, "appPassword: is empty"],
  [{ managedIdentity: true }, "appPassword: is one of several"],
  [{ certificate: { file: "x" } }, "appPassword: is one of several"],
  [{ certificate: {}, appPassword: undefined }, "certificate.file: "],
  [{ insecureLocal: true }, "insecureLocal: "],
  [{ allowedTenants: ["*"] }, "allowedTenants.0: "],
  [{ cloud: "china" }, "cloud: "],
  [{ endpoints: { login: "login.test" } }, "endpoints.login: "],
  [{ endpoints: { logon: "https://login.test" } }, "endpoints: Unrecognized key"],
  [{ pace: { perSecond: 0 } }, "pace.perSecond: "],
  [{ appid: id }, ": Unrecognized key"],
])("%j is refused, and the key is named", (wrong, expected) => {
  expect(problems({ ...needed, ...wrong })).toContain(expected);
});
