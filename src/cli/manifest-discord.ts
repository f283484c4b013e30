import { commands, permissionsInteger } from "../../adapters/discord/manifest.ts";
import { loadDraft } from "../config.ts";
import { ConfigError } from "../model/errors.ts";
import { configOption, defineCommand, jsonOption, namedConfig, toJsonText } from "./command.ts";

export const manifestDiscord = defineCommand({
  name: "manifest discord",
  words: [],
  summary: "show what differs at Discord from the commands that are wanted, or change it",
  options: { config: configOption, apply: { help: "change what differs; without it nothing is written" }, json: jsonOption },
  more: `Asks Discord with discord.token; the bridge need not run, and other secrets need not be set.
Running it again does no harm. It prints the link with which the bot is added to a server, and says when the bot may
not read messages.
manifest/discord/README.md leads from there to the first answer.`,
  parse: (given) => ({ ...namedConfig(given), apply: given.flag("apply"), json: given.flag("json") }),
  async run({ apply, json, ...named }, host) {
    const { config, missing } = await loadDraft({ ...named, env: host.env });
    const { discord } = config;
    if (discord === undefined)
      throw new ConfigError("discord: is missing. Put token and applicationId there, as manifest/discord/README.md shows.");
    const unset = missing.find((key) => key === "discord.token" || key === "discord.applicationId" || key === "discord.apiUrl");
    if (unset !== undefined) throw new ConfigError(`${unset}: names a variable or a file that is not there. Set it first.`);
    const [{ createGuardedFetch }, { createCallDiscord }, { registerApp }, { toWords }, { systemClock }] = await Promise.all([
      import("../http/fetch.ts"),
      import("../manifest/discord/api.ts"),
      import("../manifest/discord/register.ts"),
      import("../manifest/discord/print.ts"),
      import("../model/clock.ts"),
    ]);
    const guarded = createGuardedFetch(config.outbound);
    try {
      const call = createCallDiscord({ ...discord, fetch: guarded.fetch, clock: systemClock, signal: host.stopping() });
      const wanted = { applicationId: discord.applicationId, commands, permissions: permissionsInteger };
      const registration = await registerApp(call, wanted, apply);
      host.out(json ? toJsonText(registration) : toWords(registration));
      return 0;
    } finally {
      await guarded.close();
    }
  },
});
