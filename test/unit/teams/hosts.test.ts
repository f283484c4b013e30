import { describe, expect, test } from "@jest/globals";
import { teamsSchema } from "../../../adapters/teams/config.ts";
import { createHosts, isLoopback } from "../../../adapters/teams/hosts.ts";

const id = "aaaaaaaa-0000-4000-8000-000000000001";
const hosts = (change: object = {}) => createHosts(teamsSchema.parse({ appId: id, appPassword: "s", tenantId: id, ...change }));

describe("where the bot's token may go", () => {
  test.each([
    "https://smba.trafficmanager.net/amer/",
    "https://smba.trafficmanager.net/emea",
    "https://europe.directline.botframework.com/",
    "https://smba.infra.gcc.teams.microsoft.com/gcc",
  ])("to %s", (url) => {
    expect(hosts().isService(url)).toBe(true);
  });

  test.each([
    "http://smba.trafficmanager.net/amer/",
    "https://smba.trafficmanager.net:8443/amer/",
    "https://smba.trafficmanager.net.evil.test/",
    "https://evil.test/smba.trafficmanager.net/",
    "https://smba.trafficmanager.net@evil.test/",
    "https://user:secret@smba.trafficmanager.net/",
    "https://evilteams.microsoft.com/",
    "https://botframework.com.evil.test/",
    "https://smba.infra.gov.teams.microsoft.us/gcch",
    "http://127.0.0.1:3979/amer/",
    "file:///etc/passwd",
    "smba.trafficmanager.net",
    "",
  ])("not to %s", (url) => {
    expect(hosts().isService(url)).toBe(false);
  });

  test("in the government's cloud to its own hosts only", () => {
    const government = hosts({ cloud: "usGovernment" });
    expect(government.isService("https://smba.infra.gov.teams.microsoft.us/gcch")).toBe(true);
    expect(government.isService("https://smba.trafficmanager.net/amer/")).toBe(false);
  });

  test("to the stand-in that the configuration names", () => {
    const standIn = hosts({ endpoints: { connector: "http://127.0.0.1:3979/amer/" } });
    expect(standIn.isService("http://127.0.0.1:3979/emea/")).toBe(true);
    expect(standIn.isService("http://127.0.0.1:3980/amer/")).toBe(false);
  });

  test("without credentials to this machine only", () => {
    const local = createHosts(teamsSchema.parse({ insecureLocal: true }));
    for (const url of ["http://localhost:56150", "http://127.0.0.1:1/x", "http://[::1]:2/"]) expect(local.isService(url)).toBe(true);
    for (const url of ["https://smba.trafficmanager.net/amer/", "http://10.0.0.1/", "http://localhost.evil.test/"])
      expect(local.isService(url)).toBe(false);
  });
});

test("files are fetched from where Teams keeps them", () => {
  expect(hosts().isFile("https://acme-my.sharepoint.com/personal/x?tempauth=1")).toBe(true);
  expect(hosts().isFile("https://evil.test/sharepoint.com")).toBe(false);
});

test.each([
  ["127.0.0.1", true],
  ["127.255.0.9", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["localhost", true],
  ["128.0.0.1", false],
  ["127.0.0.1.evil.test", false],
])("whether %s is this machine: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
