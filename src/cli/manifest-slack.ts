import { writeFile } from "node:fs/promises";
import { buildSlackManifest, findManifestProblems, neededScopes, toFeatures } from "../../adapters/slack/manifest.ts";
import { type Config, loadDraft } from "../config.ts";
import { ConfigError } from "../model/errors.ts";
import { configOption, defineCommand, jsonOption, namedConfig, toJsonText } from "./command.ts";

export const manifestSlack = defineCommand({
  name: "manifest slack",
  words: [],
  summary: "print the Slack app's manifest, with the least permissions that will do",
  options: { config: configOption, out: { value: "<file>", help: "where to write it; otherwise standard output" }, json: jsonOption },
  more: `Socket Mode where slack.appToken is set, signed requests to publicUrl otherwise; secrets need not exist yet.
With --json: the manifest, and what each permission is for. Paste the manifest at api.slack.com/apps;
manifest/slack/README.md leads from there to the first answer.`,
  parse(given) {
    const out = given.text("out");
    return { ...namedConfig(given), ...(out !== undefined && { out }), json: given.flag("json") };
  },
  async run({ out, json, ...named }, host) {
    const { config, missing } = await loadDraft({ ...named, env: host.env });
    const made = makeManifest(config, missing);
    if (out !== undefined) await write(out, toJsonText(made.manifest));
    if (json) host.out(toJsonText({ ...made, ...(out !== undefined && { out }) }));
    else if (out === undefined) host.out(toJsonText(made.manifest));
    else
      host.out(
        `${out}: ${Object.keys(made.scopes).length} bot scopes\nPaste it at https://api.slack.com/apps?new_app=1 (From a manifest).\n`,
      );
    return 0;
  },
});

/** Throws ConfigError where the configuration does not say enough. */
function makeManifest(config: Config, missing: readonly string[]) {
  const { slack, publicUrl, routes } = config;
  if (slack === undefined) throw new ConfigError("slack: is missing. Add it with botToken, and with signingSecret or appToken.");
  const unset = missing.filter((key) => (key === "publicUrl" && slack.appToken === undefined) || key.startsWith("slack.manifest"));
  if (unset.length > 0) throw new ConfigError(`${unset.join(", ")}: names a variable or a file that is not there. Set it first.`);
  const followUps = routes.some(({ platform = "slack", followUps }) => platform === "slack" && followUps !== "mention");
  const features = toFeatures(slack, followUps);
  const requestUrl = slack.appToken === undefined ? toRequestUrl(publicUrl) : undefined;
  const manifest = buildSlackManifest({ ...slack.manifest, features, command: slack.command, ...(requestUrl && { requestUrl }) });
  const problems = findManifestProblems(manifest);
  if (problems.length > 0) throw new Error(`this manifest would not do: ${problems.join("; ")}`);
  return { manifest, features: [...features], scopes: Object.fromEntries(neededScopes(features)) };
}

function toRequestUrl(publicUrl: string | undefined): string {
  if (publicUrl?.startsWith("https://")) return `${publicUrl.replace(/\/+$/, "")}/slack/events`;
  const problem = publicUrl === undefined ? "is missing" : "does not begin with https://";
  throw new ConfigError(
    `publicUrl: ${problem}. Put the address at which Slack reaches this bridge, such as https://bridge.example.com, or set slack.appToken for Socket Mode.`,
  );
}

async function write(out: string, text: string): Promise<void> {
  try {
    await writeFile(out, text);
  } catch (cause) {
    throw new ConfigError(`--out: ${out} cannot be written. Name a file in a folder that exists and may be written to.`, { cause });
  }
}
