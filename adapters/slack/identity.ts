import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import { slackErrorName } from "./errors.ts";
import type { Home } from "./people.ts";
import type { Web } from "./web.ts";

/** Who the bot token says we are. */
export interface Identity extends Home {
  readonly botUser: string;
  readonly botId: string | undefined;
  readonly app: string | undefined;
  /** The token's scopes; undefined where Slack does not say. */
  readonly granted: readonly string[] | undefined;
}

/** Asks Slack who we are, and what we may. Rejects with a ConfigError that names the remedy when the token is not good. */
export async function identify(web: Web, signal: AbortSignal): Promise<Identity> {
  const answer = await web.call("auth.test", "read", {}, signal).catch((error: unknown) => {
    throw toConfigError(error);
  });
  const { team_id: team, user_id: botUser } = answer;
  if (!team || !botUser) throw new DeliveryError("unavailable", "auth.test: the answer is not Slack's");
  if (answer.is_enterprise_install) {
    throw new ConfigError("slack.botToken: this token is of an organisation-wide install. Put the bot token of one workspace there.");
  }
  if (!answer.bot_id) throw new ConfigError("slack.botToken: this is not a bot's token. Put the bot user's token (xoxb-...) there.");
  return {
    team,
    botUser,
    botId: answer.bot_id,
    app: answer.app_id,
    enterprise: answer.enterprise_id || undefined,
    granted: answer.response_metadata?.scopes,
  };
}

function toConfigError(error: unknown): unknown {
  if (!(error instanceof DeliveryError) || error.kind !== "refused") return error;
  const name = slackErrorName(error);
  const problem =
    name === undefined
      ? `slack.apiUrl: ${error.message}. Put the address of Slack's Web API there, or leave it out.`
      : `slack.botToken: Slack refuses it (${name}). Put the bot token of the installed app there.`;
  return new ConfigError(problem, { cause: error });
}
