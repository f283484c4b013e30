import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";

/** A certificate that vouches for itself, and its key; both PEM, good for a day. */
export function createCertificate(): { readonly certificate: string; readonly privateKey: string; readonly sha256: string } {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const now = Date.now();
  const facts = der(
    sequence,
    der(0xa0, integer(2)),
    integer(1),
    sha256WithRsa,
    name,
    der(sequence, time(now - 3_600_000), time(now + 86_400_000)),
    name,
    pair.publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = Buffer.concat([Buffer.of(0), sign("sha256", facts, pair.privateKey)]);
  const raw = der(sequence, facts, sha256WithRsa, der(0x03, signature));
  const lines = raw
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n");
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  return {
    certificate,
    privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    sha256: new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

const sequence = 0x30;

/** One value of ASN.1 in DER (X.690): its tag, its length, what it holds. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const whole = Buffer.concat(content);
  const size = whole.length < 128 ? [whole.length] : [0x82, whole.length >> 8, whole.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), whole]);
}

const integer = (value: number) => der(0x02, Buffer.of(value));
const time = (ms: number) => der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, "")}Z`));
const sha256WithRsa = der(sequence, der(0x06, Buffer.from("2a864886f70d01010b", "hex")), der(0x05));
const name = der(sequence, der(0x31, der(sequence, der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from("bridge")))));
