import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import fc from "fast-check";
import { strFromU8, unzipSync } from "fflate";
import { PNG } from "pngjs";
import { type TeamsManifestConfig, teamsManifestSchema } from "../../../src/manifest/teams/config.ts";
import { drawIcons } from "../../../src/manifest/teams/icons.ts";
import { buildTeamsManifest } from "../../../src/manifest/teams/manifest.ts";
import { buildTeamsPackage } from "../../../src/manifest/teams/package.ts";
import { writeTeamsPackage } from "../../../src/manifest/teams/write.ts";

const root = join(import.meta.dirname, "../../..");
const developer = {
  name: "Contoso",
  websiteUrl: "https://contoso.example",
  privacyUrl: "https://contoso.example/privacy",
  termsOfUseUrl: "https://contoso.example/terms",
};
const appId = "aaaaaaaa-0000-4000-8000-000000000001";
const publicUrl = "https://bridge.contoso.example";
const toInput = (manifest: Readonly<Record<string, unknown>> = {}) => ({
  appId,
  publicUrl,
  manifest: teamsManifestSchema.parse({ developer, ...manifest }),
});

/** Microsoft's own schema, as it is published with the package. */
const require = createRequire(import.meta.url);
const schema: object = require("@microsoft/app-manifest/build/json-schemas/teams/v1.29/MicrosoftTeams.schema.json");
const ajv = new Draft04.default({ strict: false, allErrors: true });
formats.default(ajv);
const validate = ajv.compile(schema);

/** What the schema finds in a manifest; nothing, if all is well. */
function findProblems(manifest: unknown): readonly string[] {
  validate(JSON.parse(JSON.stringify(manifest)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe("the manifest", () => {
  test("is valid by Microsoft's schema 1.29, and the schema is one that refuses", () => {
    expect(findProblems(buildTeamsManifest(toInput()))).toEqual([]);
    expect(findProblems({ ...buildTeamsManifest(toInput()), unknown: 1, accentColor: "blue" })).toHaveLength(2);
  });

  test("is the committed example (what it is now belongs into that file)", async () => {
    const example: unknown = JSON.parse(await readFile(join(root, "manifest/teams/manifest.example.json"), "utf8"));
    expect(JSON.parse(JSON.stringify(buildTeamsManifest(toInput())))).toEqual(example);
  });

  test("is valid for whatever the configuration takes", () => {
    fc.assert(
      fc.property(anyManifest, (manifest) => {
        expect(findProblems(buildTeamsManifest({ appId: appId.toUpperCase(), publicUrl, manifest }))).toEqual([]);
      }),
    );
  });

  test("has the words that the bridge knows, in every scope", () => {
    const [bot] = buildTeamsManifest(toInput()).bots;
    expect(bot?.commandLists.map(({ scopes }) => scopes)).toEqual([["personal", "team", "groupChat"]]);
    expect(bot?.commandLists[0]?.commands.map(({ title }) => title)).toEqual(["new", "stop", "status", "again", "help"]);
  });

  test("asks to read everything only where the admin chose it", () => {
    const asked = (manifest: Readonly<Record<string, unknown>>) =>
      Object(buildTeamsManifest(toInput(manifest))).authorization?.permissions.resourceSpecific.map(({ name }: { name: string }) => name);
    expect(asked({})).toBeUndefined();
    expect(asked({ readAll: { channels: true } })).toEqual(["ChannelMessage.Read.Group"]);
    expect(asked({ readAll: { channels: true, groupChats: true } })).toEqual(["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"]);
    expect(asked({ readAll: { channels: true, groupChats: true }, scopes: ["personal"] })).toBeUndefined();
    expect(Object(buildTeamsManifest(toInput({ readAll: { channels: true } }))).webApplicationInfo.id).toBe(appId);
  });

  test("names only the scopes that were chosen", () => {
    const manifest = buildTeamsManifest(toInput({ scopes: ["groupChat", "team"] }));
    expect(manifest).toMatchObject({ defaultInstallScope: "team", defaultGroupCapability: { team: "bot", groupchat: "bot" } });
    expect(manifest.bots[0]).toMatchObject({ scopes: ["groupChat", "team"], supportsFiles: false });
    expect(buildTeamsManifest(toInput({ scopes: ["personal"] })).defaultGroupCapability).toBeUndefined();
  });

  test("has an id of its own when it is given one", () => {
    expect(buildTeamsManifest(toInput()).id).toBe(appId);
    const id = "BBBBBBBB-0000-4000-8000-000000000002";
    expect(buildTeamsManifest(toInput({ id }))).toMatchObject({ id: id.toLowerCase(), bots: [{ botId: appId }] });
  });
});

const text = (most: number) => fc.string({ minLength: 1, maxLength: most }).filter((value) => value.trim() !== "");
const url = fc
  .webUrl({ validSchemes: ["https"] })
  .filter((value) => teamsManifestSchema.shape.developer.shape.websiteUrl.safeParse(value).success);
const anyManifest: fc.Arbitrary<TeamsManifestConfig> = fc
  .record(
    {
      id: fc.uuid(),
      version: fc.tuple(fc.nat(99_999), fc.nat(99_999), fc.nat(99_999)).map((numbers) => numbers.join(".")),
      name: text(30),
      fullName: text(100),
      description: text(80),
      fullDescription: text(4_000),
      developer: fc.record({ name: text(32), websiteUrl: url, privacyUrl: url, termsOfUseUrl: url }),
      accentColor: fc.integer({ min: 0, max: 0xffffff }).map((color) => `#${color.toString(16).padStart(6, "0")}`),
      scopes: fc.uniqueArray(fc.constantFrom("personal", "team", "groupChat"), { minLength: 1 }),
      readAll: fc.record({ channels: fc.boolean(), groupChats: fc.boolean() }),
    },
    { requiredKeys: ["developer"] },
  )
  .map((manifest) => teamsManifestSchema.parse(manifest));

describe("the package", () => {
  test("has the manifest and two icons at its root, and nothing else", () => {
    const files = unzipSync(buildTeamsPackage(toInput()));
    expect(Object.keys(files)).toEqual(["manifest.json", "color.png", "outline.png"]);
    const { icons, ...manifest } = JSON.parse(strFromU8(files["manifest.json"] ?? new Uint8Array()));
    expect(icons).toEqual({ color: "color.png", outline: "outline.png" });
    expect(findProblems({ icons, ...manifest })).toEqual([]);
  });

  test("is the same twice", () => {
    expect(buildTeamsPackage(toInput())).toEqual(buildTeamsPackage(toInput()));
  });

  test("has icons of the sizes that Teams wants: one on the accent colour, one white on nothing", () => {
    const files = unzipSync(buildTeamsPackage(toInput({ accentColor: "#102030" })));
    const [color, outline] = ["color.png", "outline.png"].map((name) => PNG.sync.read(Buffer.from(files[name] ?? "")));
    expect([color?.width, color?.height, outline?.width, outline?.height]).toEqual([192, 192, 32, 32]);
    expect([...(color?.data.subarray(0, 4) ?? [])]).toEqual([0x10, 0x20, 0x30, 255]);
    const points = Array.from({ length: 32 * 32 }, (_, at) => [...(outline?.data.subarray(at * 4, at * 4 + 4) ?? [])]);
    expect(points.every(([red, green, blue]) => red === 255 && green === 255 && blue === 255)).toBe(true);
    const clear = points.filter(([, , , alpha]) => alpha === 0).length;
    expect(clear).toBeGreaterThan(300);
    expect(clear).toBeLessThan(900);
  });
});

describe("writing the package", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "teams-package-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const config = (manifest: unknown = { developer }) => ({ publicUrl, teams: { appId, manifest } });

  test("writes it, and says where Azure must send what people say", async () => {
    const out = join(folder, "app.zip");
    expect(await writeTeamsPackage({ config: { ...config(), publicUrl: `${publicUrl}/` }, out })).toEqual({
      out,
      name: "Agent Bridge",
      version: "1.0.0",
      messagingEndpoint: "https://bridge.contoso.example/api/messages",
    });
    expect(Object.keys(unzipSync(await readFile(out)))).toHaveLength(3);
  });

  test("takes pictures of one's own", async () => {
    const drawn = drawIcons("#ff0000");
    await writeFile(join(folder, "color.png"), drawn.color);
    const out = join(folder, "own.zip");
    await writeTeamsPackage({ config: config({ developer, icons: { color: join(folder, "color.png") } }), out });
    const files = unzipSync(await readFile(out));
    expect(Buffer.from(files["color.png"] ?? "")).toEqual(Buffer.from(drawn.color));
    expect(files["outline.png"]).toBeDefined();
  });

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["publicUrl", { ...config(), publicUrl: undefined }, "is missing"],
    ["publicUrl", { ...config(), publicUrl: "http://bridge.contoso.example" }, "https://"],
    ["publicUrl", { ...config(), publicUrl: "https://localhost:3978" }, "public"],
    ["publicUrl", { ...config(), publicUrl: "https://10.0.0.1" }, "public"],
    ["teams.appId", { publicUrl }, "is missing"],
    ["teams.appId", { publicUrl, teams: { appId: "bridge", manifest: { developer } } }, "is not an id"],
    ["teams.manifest.developer", config({}), "is missing"],
    ["teams.manifest.developer.privacyUrl", config({ developer: { ...developer, privacyUrl: undefined } }), "is missing"],
    ["teams.manifest.developer.websiteUrl", config({ developer: { ...developer, websiteUrl: "http://contoso.example" } }), "https://"],
    ["teams.manifest.developer.termsOfUseUrl", config({ developer: { ...developer, termsOfUseUrl: "https://a:b@c.example" } }), "public"],
    ["teams.manifest.developer.name", config({ developer: { ...developer, name: "x".repeat(33) } }), "longer than 32"],
    ["teams.manifest.name", config({ developer, name: "x".repeat(31) }), "longer than 30"],
    ["teams.manifest.name", config({ developer, name: " " }), "is empty"],
    ["teams.manifest.description", config({ developer, description: "x".repeat(81) }), "longer than 80"],
    ["teams.manifest.fullName", config({ developer, fullName: 7 }), "must be a text"],
    ["teams.manifest.version", config({ developer, version: "1.0" }), "is not a version"],
    ["teams.manifest.version", config({ developer, version: "v1.0.0" }), "is not a version"],
    ["teams.manifest.id", config({ developer, id: "mine" }), "is not an id"],
    ["teams.manifest.accentColor", config({ developer, accentColor: "blue" }), "is not a colour"],
    ["teams.manifest.scopes", config({ developer, scopes: [] }), "is empty"],
    ["teams.manifest.scopes", config({ developer, scopes: ["team", "team"] }), "twice"],
    ["teams.manifest.scopes[0]", config({ developer, scopes: ["meeting"] }), "must be personal or team or groupChat"],
    ["teams.manifest.readAll.channels", config({ developer, readAll: { channels: "yes" } }), "must be true or false"],
    ["teams.manifest.readAll.chats", config({ developer, readAll: { chats: true } }), "is not a known key"],
    ["teams.manifest.icons.color", config({ developer, icons: { color: join(import.meta.dirname, "none.png") } }), "cannot be read"],
    ["teams.manifest.icons.outline", config({ developer, icons: { outline: import.meta.filename } }), "is not a PNG"],
  ];
  test.each(wrong)("refuses a bad %s by its name and writes nothing", async (key, bad, problem) => {
    const out = join(folder, "refused.zip");
    const refused = writeTeamsPackage({ config: Object(bad), out });
    await expect(refused).rejects.toMatchObject({ name: "ConfigError", message: expect.stringContaining(`${key}: `) });
    await expect(refused).rejects.toThrow(problem);
    expect(await readdir(folder)).not.toContain("refused.zip");
  });

  test("refuses pictures of the wrong size, and an outline with colours", async () => {
    const { color, outline } = drawIcons("#00ff00");
    await writeFile(join(folder, "large.png"), color);
    await writeFile(join(folder, "small.png"), outline);
    const red = new PNG({ width: 32, height: 32 });
    red.data.fill(Buffer.of(255, 0, 0, 255));
    await writeFile(join(folder, "red.png"), PNG.sync.write(red));
    const write = (icons: Readonly<Record<string, string>>) =>
      writeTeamsPackage({ config: config({ developer, icons }), out: join(folder, "x.zip") });
    await expect(write({ color: join(folder, "small.png") })).rejects.toThrow("is 32x32; it must be 192x192");
    await expect(write({ outline: join(folder, "large.png") })).rejects.toThrow("is 192x192; it must be 32x32");
    await expect(write({ outline: join(folder, "red.png") })).rejects.toThrow("has colours");
  });

  test("names --out when the file cannot be written", async () => {
    await expect(writeTeamsPackage({ config: config(), out: join(folder, "no", "app.zip") })).rejects.toThrow("--out: ");
  });

  test("names everything that is wrong at once", async () => {
    const bad = { publicUrl: "x", teams: { appId: "y", manifest: { name: "", version: "z" } } };
    const { message } = await writeTeamsPackage({ config: bad, out: "x.zip" }).catch((error: unknown) => Object(error));
    expect(message.split("\n").map((line: string) => /- (.*?):/.exec(line)?.[1])).toEqual([
      undefined,
      "publicUrl",
      "teams.appId",
      "teams.manifest.version",
      "teams.manifest.name",
      "teams.manifest.developer",
    ]);
  });
});
