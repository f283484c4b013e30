import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { AuthError, ConfidentialClientApplication, type Configuration, LogLevel, ManagedIdentityApplication } from "@azure/msal-node";
import type { Clock } from "../../src/model/clock.ts";
import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import { type Endpoints, toEndpoints } from "./clouds.ts";
import type { TeamsConfig } from "./config.ts";
import { createNetwork, type Network } from "./network.ts";

/** The bot's own tokens for the service. */
export interface Tokens {
  /** A token that is good for some minutes at least. Rejects with a DeliveryError, whose message names the key to look at. */
  get(): Promise<string>;
  /** The service did not take this one: the next is a new one. */
  forget(token: string): void;
}

interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface TokensOptions {
  readonly config: TeamsConfig;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Ends what is being waited for. */
  readonly signal: AbortSignal;
}

/** A token is renewed this long before its end. */
const reserveMs = 300_000;

/**
 * Tokens by a secret, a certificate or a user-assigned managed identity. They are fetched one at a time through `fetch`, and kept in
 * memory until shortly before their end. Throws ConfigError when the certificate cannot be read.
 */
export function createTokens(options: TokensOptions): Tokens {
  const { config, clock } = options;
  const acquire = config.managedIdentity ? byManagedIdentity(config) : bySecret(config);
  let known: Token | undefined;
  let coming: Promise<Token> | undefined;

  const renew = async () => {
    const network = createNetwork(options.fetch, toDetours(config), options.signal);
    try {
      known = await acquire(network);
      return known;
    } catch (error) {
      throw toCredentialsError(error, network, config);
    } finally {
      coming = undefined;
    }
  };

  return {
    async get() {
      if (known && known.expiresAt - clock.now() > reserveMs) return known.value;
      coming ??= renew();
      return (await coming).value;
    },
    forget(token) {
      if (known?.value === token) known = undefined;
    },
  };
}

type Acquire = (network: Network) => Promise<Token>;

function bySecret(config: TeamsConfig): Acquire {
  const endpoints = toEndpoints(config);
  const certificate = config.certificate && readCertificate(config.certificate);
  return async (network) => {
    const application = new ConfidentialClientApplication({
      auth: {
        clientId: config.appId ?? "",
        ...toAuthority(endpoints, config.tenantId ?? ""),
        ...(certificate ? { clientCertificate: certificate } : { clientSecret: config.appPassword ?? "" }),
      },
      system: { networkClient: network.module, loggerOptions: mute },
    });
    return toToken(await application.acquireTokenByClientCredential({ scopes: [`${endpoints.scope}/.default`], skipCache: true }));
  };
}

function byManagedIdentity(config: TeamsConfig): Acquire {
  const { scope } = toEndpoints(config);
  return async (network) => {
    const application = new ManagedIdentityApplication({
      managedIdentityIdParams: { userAssignedClientId: config.appId ?? "" },
      system: { networkClient: network.module, loggerOptions: mute, disableInternalRetries: true },
    });
    return toToken(await application.acquireToken({ resource: scope, forceRefresh: true }));
  };
}

/** MSAL knows its own clouds; another authority has to be named as one that is meant. It insists on https: see `toDetours`. */
function toAuthority({ login }: Endpoints, tenant: string): Pick<Configuration["auth"], "authority" | "knownAuthorities"> {
  const url = new URL(login.startsWith("http:") ? usualLogin : login);
  return { authority: `${url.origin}/${tenant}`, knownAuthorities: [url.host] };
}

const usualLogin = "https://login.microsoftonline.com";
const usualMetadata = "http://169.254.169.254";

/** Where requests go in place of the address that MSAL gives. Stand-ins speak plain http, which MSAL would refuse. */
function toDetours({ cloud, endpoints }: TeamsConfig): ReadonlyMap<string, string> {
  const { login } = toEndpoints({ cloud, endpoints });
  const { managedIdentity } = endpoints;
  return new Map([
    ...(login.startsWith("http:") ? [[usualLogin, login] as const] : []),
    ...(managedIdentity === undefined ? [] : [[usualMetadata, managedIdentity.replace(/\/+$/, "")] as const]),
  ]);
}

/** MSAL's log lines hold addresses and ids; what matters in them comes back as an error. */
const mute = { loggerCallback: () => undefined, piiLoggingEnabled: false, logLevel: LogLevel.Error };

function toToken(result: { readonly accessToken: string; readonly expiresOn: Date | null } | null): Token {
  if (!result?.accessToken || !result.expiresOn) throw new DeliveryError("unavailable", "Microsoft Entra gave no token");
  return { value: result.accessToken, expiresAt: result.expiresOn.getTime() };
}

/** One PEM file with the certificate, those that vouch for it, and the private key. */
function readCertificate({ file, passphrase }: NonNullable<TeamsConfig["certificate"]>) {
  try {
    const pem = readFileSync(file, "utf8");
    const chain = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    const key = /-----BEGIN (?:ENCRYPTED |RSA )?PRIVATE KEY-----[\s\S]+?-----END (?:ENCRYPTED |RSA )?PRIVATE KEY-----/.exec(pem)?.[0] ?? "";
    const privateKey = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
    return {
      thumbprintSha256: new X509Certificate(chain[0] ?? "").fingerprint256.replaceAll(":", "").toLowerCase(),
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      x5c: chain.join("\n"),
    };
  } catch (cause) {
    const problem = `teams.certificate.file: ${file} cannot be used. Name a PEM file with a certificate and its private key.`;
    throw new ConfigError(problem, { cause });
  }
}

function toCredentialsError(error: unknown, { failure, status }: Network, config: TeamsConfig): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (failure !== undefined) return failure;
  const code = error instanceof AuthError && /^\w{1,80}$/.test(error.errorCode) ? error.errorCode : "no token";
  if (status !== undefined && (status >= 500 || status === 429)) {
    return new DeliveryError("unavailable", `Microsoft Entra does not answer (HTTP ${status})`, { cause: error });
  }
  return new DeliveryError("refused", `${toKey(code, config)}: Microsoft Entra refuses the bot's credentials (${code})`, { cause: error });
}

function toKey(code: string, { managedIdentity, certificate }: TeamsConfig): string {
  if (managedIdentity) return "teams.managedIdentity";
  if (code === "unauthorized_client") return "teams.appId";
  if (code === "invalid_request") return "teams.tenantId";
  return certificate ? "teams.certificate" : "teams.appPassword";
}
