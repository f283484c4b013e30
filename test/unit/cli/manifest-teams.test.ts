import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { strFromU8, unzipSync } from "fflate";
import { createFolder, runCommand } from "../../support/command.ts";

let folder: Awaited<ReturnType<typeof createFolder>>;
beforeAll(async () => {
  folder = await createFolder();
});
afterAll(() => folder.remove());

const config = (teams: string) => `
publicUrl: https://bridge.contoso.example
agents: { desk: { url: "https://desk.contoso.example", auth: { type: bearer, token: "\${DESK_TOKEN}" } } }
teams:
  tenantId: 89abcdef-0123-4567-89ab-cdef01234567
  appPassword: \${TEAMS_APP_PASSWORD}
${teams}`;
const manifest = `  manifest:
    name: Contoso Agents
    developer: { name: Contoso, websiteUrl: "https://contoso.example", privacyUrl: "https://contoso.example/p", termsOfUseUrl: "https://contoso.example/t" }
`;
const appId = "  appId: 01234567-89ab-cdef-0123-456789abcdef\n";

async function make(teams: string, ...more: readonly string[]) {
  await writeFile(folder.path("bridge.yaml"), config(teams));
  return runCommand(["manifest", "teams", "--config", folder.path("bridge.yaml"), "--out", folder.path("app.zip"), ...more]);
}

test("the package is written before any secret exists, and the way on is told", async () => {
  const { code, out } = await make(appId + manifest);

  expect(code).toBe(0);
  expect(out).toContain("https://bridge.contoso.example/api/messages");
  const files = unzipSync(await readFile(folder.path("app.zip")));
  expect(JSON.parse(strFromU8(files["manifest.json"] ?? new Uint8Array()))).toMatchObject({ name: { short: "Contoso Agents" } });
});

test("as JSON it is one document", async () => {
  const { out } = await make(appId + manifest, "--json");
  expect(JSON.parse(out)).toMatchObject({ name: "Contoso Agents", version: "1.0.0", out: folder.path("app.zip") });
});

test("a bad value is refused with the name of its key, and nothing is written", async () => {
  const out = folder.path("none.zip");
  const run = (teams: string) =>
    writeFile(folder.path("bad.yaml"), config(teams)).then(() =>
      runCommand(["manifest", "teams", "--config", folder.path("bad.yaml"), "--out", out]),
    );
  await expect(run(`${appId}${manifest}    accentColor: blue\n`)).rejects.toThrow("teams.manifest.accentColor: is not a colour");
  await expect(run(`${appId}${manifest}    nmae: x\n`)).rejects.toThrow("teams.manifest.nmae: is not a known key. Did you mean name?");
  await expect(run(appId)).rejects.toThrow("teams.manifest.developer: is missing");
  expect(existsSync(out)).toBe(false);
});

test("a stand-in for a missing value never gets into the package", async () => {
  const id = "  appId: ${TEAMS_APP_ID}\n";
  await expect(make(id + manifest)).rejects.toThrow("teams.appId: names a variable or a file that is not there");
  const named = `  manifest: { name: "${"${NAME}"}", developer: { name: C, websiteUrl: "https://c.example", privacyUrl: "https://c.example/p", termsOfUseUrl: "https://c.example/t" } }\n`;
  await expect(make(appId + named)).rejects.toThrow("teams.manifest.name: names a variable");
});
