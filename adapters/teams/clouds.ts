import type { TeamsConfig } from "./config.ts";

/** The addresses by which the bot and the service know each other. */
export interface Endpoints {
  /** Microsoft Entra, without a path. */
  readonly login: string;
  readonly openId: string;
  /** Who signs the service's tokens. */
  readonly issuer: string;
  /** For whom the bot's tokens are made. */
  readonly scope: string;
  /** Hosts of service URLs; a leading dot stands for every host below. */
  readonly serviceHosts: readonly string[];
  /** Where people's files are. */
  readonly fileHosts: readonly string[];
}

/** https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication and, for the government, .../how-to-deploy-gov-cloud-high */
const clouds: Readonly<Record<TeamsConfig["cloud"], Endpoints>> = {
  public: {
    login: "https://login.microsoftonline.com",
    openId: "https://login.botframework.com/v1/.well-known/openidconfiguration",
    issuer: "https://api.botframework.com",
    scope: "https://api.botframework.com",
    serviceHosts: ["smba.trafficmanager.net", ".botframework.com", ".teams.microsoft.com"],
    fileHosts: [".sharepoint.com", ".svc.ms"],
  },
  usGovernment: {
    login: "https://login.microsoftonline.us",
    openId: "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    issuer: "https://api.botframework.us",
    scope: "https://api.botframework.us",
    serviceHosts: [".teams.microsoft.us", ".botframework.azure.us"],
    fileHosts: [".sharepoint.us", ".sharepoint-mil.us", ".svc.ms"],
  },
};

/** What the configuration says goes before what the cloud has. */
export function toEndpoints({ cloud, endpoints }: Pick<TeamsConfig, "cloud" | "endpoints">): Endpoints {
  const known = clouds[cloud];
  const { login = known.login, openId = known.openId, issuer = known.issuer, scope = known.scope } = endpoints;
  return { ...known, login: login.replace(/\/+$/, ""), openId, issuer: issuer.replace(/\/+$/, ""), scope: scope.replace(/\/+$/, "") };
}
