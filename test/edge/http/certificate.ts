/**
 * A certificate for a server on loopback that signs itself, made anew for each run so that no key is committed. Node.js
 * can't make one, hence the few pieces of DER that it takes (RFC 5280).
 */

import { generateKeyPairSync, sign } from "node:crypto";

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

/** @param name the DNS name that it is for, besides 127.0.0.1 */
export function selfSigned(name: string, now = new Date()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const day = 24 * 60 * 60 * 1_000;
  const validity = [-day, day].map((ms) => utcTime(new Date(now.getTime() + ms)));
  const isAuthority = extension("551d13", der(SEQUENCE, der(BOOLEAN, Buffer.from([0xff]))));
  const names = extension(
    "551d11",
    der(SEQUENCE, der(DNS_NAME, Buffer.from(name)), der(IP_ADDRESS, Buffer.from([127, 0, 0, 1]))),
  );
  const unsigned = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1])),
    ECDSA_WITH_SHA256,
    distinguished(name),
    der(SEQUENCE, ...validity),
    distinguished(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS, der(SEQUENCE, isAuthority, names)),
  );
  const signature = bitString(sign("sha256", unsigned, privateKey));
  const whole = der(SEQUENCE, unsigned, ECDSA_WITH_SHA256, signature);
  const lines = whole.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content]);
}

const objectId = (hex: string) => der(OBJECT_ID, Buffer.from(hex, "hex"));
const bitString = (bytes: Buffer) => der(BIT_STRING, Buffer.from([0]), bytes);
const extension = (id: string, value: Buffer) => der(SEQUENCE, objectId(id), der(OCTET_STRING, value));
const distinguished = (name: string) =>
  der(SEQUENCE, der(SET, der(SEQUENCE, objectId("550403"), der(UTF8_STRING, Buffer.from(name)))));
const utcTime = (time: Date) =>
  der(UTC_TIME, Buffer.from(`${time.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));

const ECDSA_WITH_SHA256 = der(SEQUENCE, objectId("2a8648ce3d040302"));
