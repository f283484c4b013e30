import { createServer } from "node:http";
import { ConfidentialClientApplication, type INetworkModule } from "@azure/msal-node";
import { describe, expect, test } from "@jest/globals";
import { ActivityTypes, CloudAdapter, ConfigurationBotFrameworkAuthentication, TeamsInfo, type TurnContext } from "botbuilder";
import { MsalServiceClientCredentialsFactory } from "botframework-connector";
import { createTeamsSimulator, type TeamsSimulator } from "../../../src/simulator/teams/simulator.ts";
import { createCertificate } from "./certificate.ts";
import { channel } from "./rig.ts";

const login = "https://login.microsoftonline.com";

/** MSAL speaks https only: its requests are sent to the simulator's sign-in instead. */
function toSimulator({ config }: TeamsSimulator): INetworkModule {
  const send = async <T>(method: string, url: string, options?: { headers?: Record<string, string>; body?: string }) => {
    const response = await fetch(url.replace(login, config.endpoints.login), { method, ...options });
    const body: T = JSON.parse(await response.text());
    return { status: response.status, headers: {}, body };
  };
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  };
}

function toAuthentication(teams: TeamsSimulator): ConfigurationBotFrameworkAuthentication {
  const { appId, appPassword, tenantId, endpoints } = teams.config;
  const authority = `${login}/${tenantId}`;
  const client = new ConfidentialClientApplication({
    auth: { clientId: appId, clientSecret: appPassword, authority },
    system: { networkClient: toSimulator(teams) },
  });
  const service = "https://api.botframework.com";
  return new ConfigurationBotFrameworkAuthentication(
    {
      MicrosoftAppId: appId,
      MicrosoftAppTenantId: tenantId,
      ToChannelFromBotLoginUrl: authority,
      ToChannelFromBotOAuthScope: service,
      ToBotFromChannelTokenIssuer: service,
      OAuthUrl: service,
      ToBotFromChannelOpenIdMetadataUrl: endpoints.openId,
      ToBotFromEmulatorOpenIdMetadataUrl: endpoints.openId,
      CallerId: "urn:botframework:azure",
    },
    new MsalServiceClientCredentialsFactory(appId, client),
  );
}

/** A bot of the real SDK, behind plain node:http. */
async function startBot(teams: TeamsSimulator, logic: (context: TurnContext) => Promise<void>): Promise<AsyncDisposable> {
  const adapter = new CloudAdapter(toAuthentication(teams));
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const shim = {
      socket: response.socket,
      status: (code: number) => {
        response.statusCode = code;
        return shim;
      },
      header: () => shim,
      send: (body: unknown) => {
        response.write(String(body));
        return shim;
      },
      end: () => response.end(),
    };
    const { headers, method = "POST" } = request;
    await adapter.process({ headers, method, body: JSON.parse(Buffer.concat(chunks).toString()) }, shim, logic);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  teams.target(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/api/messages`);
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await teams.stop();
    },
  };
}

describe("a bot of the real SDK", () => {
  test("is believed, looks somebody up, and answers, edits and deletes in the thread it was asked in", async () => {
    const teams = await createTeamsSimulator();
    const names: (string | undefined)[] = [];
    await using _ = await startBot(teams, async (context) => {
      names.push((await TeamsInfo.getMember(context, context.activity.from.id)).userPrincipalName);
      const sent = await context.sendActivity("working");
      await context.updateActivity({ type: ActivityTypes.Message, id: sent?.id ?? "", text: "done" });
      const another = await context.sendActivity("gone soon");
      await context.deleteActivity(another?.id ?? "");
    });
    const { id, delivered } = await teams.say({ channel, user: "ann", text: "help", mention: true });
    expect(await delivered).toMatchObject([{ statuses: [200] }]);
    expect(names).toEqual(["ann@acme.test"]);
    expect(teams.thread(channel, id).replies).toMatchObject([{ text: "done", edited: true }]);
    expect(teams.violations).toEqual([]);
  });

  test("loses the members of its entities, and is told so", async () => {
    const teams = await createTeamsSimulator({ appId: "11111111-2222-4333-8444-555555555555" });
    const refusals: number[] = [];
    await using _ = await startBot(teams, async (context) => {
      const streaminfo = { type: "streaminfo", streamType: "streaming", streamSequence: 1 };
      await context
        .sendActivity({ type: "typing", text: "A", entities: [streaminfo] })
        .catch(({ statusCode }) => refusals.push(statusCode));
    });
    await (await teams.say({ user: "ann", text: "stream" })).delivered;
    expect(refusals).toEqual([400]);
    expect(teams.violations).toEqual(["a typing activity with stream information but no stream type"]);
  });
});

describe("a certificate", () => {
  test("signs in for the app that has it, and for no other", async () => {
    const { certificate, privateKey, sha256 } = createCertificate();
    const teams = await createTeamsSimulator();
    const { appId, tenantId } = teams.config;
    const signIn = () =>
      new ConfidentialClientApplication({
        auth: {
          clientId: appId,
          authority: `${login}/${tenantId}`,
          clientCertificate: { thumbprintSha256: sha256, privateKey, x5c: certificate },
        },
        system: { networkClient: toSimulator(teams) },
      }).acquireTokenByClientCredential({ scopes: ["https://api.botframework.com/.default"] });

    await expect(signIn()).rejects.toMatchObject({ errorCode: "invalid_client" });
    teams.tenant.app.certificate = certificate;
    expect(await signIn()).toMatchObject({ accessToken: expect.any(String) });
    await teams.stop();
  });
});
