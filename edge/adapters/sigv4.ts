/**
 * AWS Signature Version 4 of a POST to a service's root, by hand: the SDK would be five times the size of the whole
 * gateway and take 70 ms of a full core to load.
 */

import { createHash, createHmac } from "node:crypto";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Empty for credentials that don't end. */
  readonly sessionToken: string;
}

export interface Unsigned {
  /** Without a path or query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly service: string;
  readonly region: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** The headers to send: those given, and those that sign them. @param now Unix milliseconds */
export function signedHeaders(
  { url, headers, body, service, region }: Unsigned,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  now: number,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const date = time.slice(0, 8);
  const token = sessionToken === "" ? {} : { "x-amz-security-token": sessionToken };
  const sent = { ...headers, "x-amz-date": time, ...token };
  // Header names are compared by code unit, so the default order is the right one.
  const signed = Object.entries({ ...sent, host: new URL(url).host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(";");
  const canonical = [
    "POST",
    "/",
    "",
    ...signed.map(([name, value]) => `${name}:${value}`),
    "",
    names,
    sha256(body),
  ].join("\n");

  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const signature = hmac(key, [ALGORITHM, time, scope, sha256(canonical)].join("\n")).digest("hex");
  const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...sent, authorization };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string) {
  return createHmac("sha256", key).update(text);
}
