import { createServer } from "node:http";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** Somebody who signs, and shows their public keys at an address. */
export interface Signer {
  readonly jwksUrl: string;
  /** How often the keys were asked for. */
  readonly asked: number;
  /** A token of these claims, as `Authorization` wants it. */
  bearer(claims: JWTPayload, by?: Uint8Array): Promise<Readonly<Record<string, string>>>;
  /** What a forger could take the public key for: the secret of an HMAC. */
  publicBytes(): Promise<Uint8Array>;
  /** From now on the address answers with this status; undefined shows the keys again. */
  fail(status: number | undefined): void;
  stop(): Promise<void>;
}

export async function createSigner(kid = "key-1"): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" };
  let failing: number | undefined;
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    if (failing !== undefined) response.writeHead(failing).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the keys are shown on no port");
  return {
    jwksUrl: `http://127.0.0.1:${address.port}/jwks`,
    get asked() {
      return asked;
    },
    async bearer(claims, by) {
      const header = { alg: by ? "HS256" : "ES256", kid };
      const token = await new SignJWT(claims).setProtectedHeader(header).sign(by ?? privateKey);
      return { authorization: `Bearer ${token}` };
    },
    publicBytes: async () => Buffer.from(JSON.stringify(jwk)),
    fail(status) {
      failing = status;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
