import { loadDraft } from "../config.ts";
import { configOption, defineCommand, jsonOption, namedConfig, toJsonText } from "./command.ts";

export const manifestTeams = defineCommand({
  name: "manifest teams",
  words: [],
  summary: "write the Teams app package (zip) that an admin uploads",
  options: { config: configOption, out: { value: "<file>", help: "the package; required" }, json: jsonOption },
  more: `Takes teams.appId, publicUrl and teams.manifest from the configuration; secrets need not be set yet.
manifest/teams/README.md leads from there to the first answer.`,
  parse(given) {
    const out = given.text("out");
    if (out === undefined) return "where to? --out <file>.zip";
    return { ...namedConfig(given), out, json: given.flag("json") };
  },
  async run({ out, json, ...named }, host) {
    const { config, missing } = await loadDraft({ ...named, env: host.env });
    const { writeTeamsPackage } = await import("../manifest/teams/write.ts");
    const written = await writeTeamsPackage({ config, missing, out });
    if (json) host.out(toJsonText(written));
    else
      host.out(`${written.out}: ${written.name}, version ${written.version}
Set the bot's messaging endpoint in Azure to ${written.messagingEndpoint}
Then upload the package in the Teams admin center; manifest/teams/README.md shows each step.
`);
    return 0;
  },
});
