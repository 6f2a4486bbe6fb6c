/**
 * Checks AWS Signature Version 4. Not for safety, as everything is on loopback: a signer with a fault must fail here
 * and not in an account.
 */

import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Credentials } from "./credentials.ts";
import { AwsFault } from "./fault.ts";

export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Whom the signature must be for. */
export interface SignatureScope {
  readonly region: string;
  /** The service's signing name, for example `secretsmanager`. */
  readonly service: string;
}

/** How far a request's clock may be off. Milliseconds; Reference, "Why requests are signed": five minutes. */
const MAX_SKEW_MS = 5 * 60_000;

const ALGORITHM = "AWS4-HMAC-SHA256";
const TERMINATOR = "aws4_request";

const AUTHORIZATION = new RegExp(
  `^${ALGORITHM} Credential=(?<key>[^/]+)/(?<scope>[^,]+), ?SignedHeaders=(?<signed>[^,]+), ?Signature=(?<signature>[0-9a-f]{64})$`,
);

/** @throws AwsFault */
export function checkSignature(
  request: SignedRequest,
  { region, service }: SignatureScope,
  credentials: Credentials,
  now: Date,
): void {
  const parsed = AUTHORIZATION.exec(request.headers.authorization ?? "")?.groups;
  if (parsed === undefined)
    throw refusal("MissingAuthenticationTokenException", "The request is not signed.");
  const { key = "", scope = "", signed = "", signature = "" } = parsed;
  if (
    key !== credentials.accessKeyId ||
    headerOf(request, "x-amz-security-token") !== credentials.sessionToken
  ) {
    throw refusal("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  const time = headerOf(request, "x-amz-date");
  if (Math.abs(timeOf(time) - now.getTime()) > MAX_SKEW_MS) {
    throw refusal("RequestTimeTooSkewed", `The request's time "${time}" is too far from the server's.`);
  }
  const expectedScope = `${time.slice(0, 8)}/${region}/${service}/${TERMINATOR}`;
  if (scope !== expectedScope) {
    throw refusal("SignatureDoesNotMatch", `Credential should be scoped to ${expectedScope}.`);
  }
  const names = signed.split(";");
  for (const name of [
    "host",
    ...Object.keys(request.headers).filter((header) => header.startsWith("x-amz-")),
  ]) {
    if (!names.includes(name)) throw refusal("SignatureDoesNotMatch", `The header "${name}" must be signed.`);
  }
  const text = [ALGORITHM, time, scope, sha256(canonicalRequest(request, names))].join("\n");
  const signingKey = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  if (hmac(signingKey, text).toString("hex") !== signature) {
    throw refusal("SignatureDoesNotMatch", "The request signature does not match the one calculated.");
  }
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const mark = request.target.indexOf("?");
  const path = mark === -1 ? request.target : request.target.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? "" : request.target.slice(mark + 1));
  const headers = signedHeaders.map(
    (name) => `${name}:${headerOf(request, name).trim().replace(/ +/g, " ")}\n`,
  );
  return [
    request.method,
    path,
    [...query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    headers.join(""),
    signedHeaders.join(";"),
    payloadHash(request),
  ].join("\n");
}

function payloadHash(request: SignedRequest): string {
  const actual = sha256(request.body);
  const claimed = headerOf(request, "x-amz-content-sha256");
  if (claimed !== "" && claimed !== actual) {
    throw refusal("XAmzContentSHA256Mismatch", "The x-amz-content-sha256 header is not the body's hash.");
  }
  return actual;
}

function headerOf({ headers }: SignedRequest, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

/** `20260131T235959Z` */
function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")) || 0;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function refusal(code: string, message: string): AwsFault {
  return new AwsFault(code, message, 403);
}
