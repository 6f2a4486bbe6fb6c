/**
 * Turns an HTTP request into an event of payload format 2.0 for the route and stage `$default`. Shape from the API
 * Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs".
 */

import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { isHopByHop } from "../cloudfront/header-policy.ts";
import { decodeUtf8, type HeaderField, valuesOf } from "../cloudfront/http-message.ts";

const ACCOUNT_ID = "000000000000";
const API_ID = "local";
const DEFAULT = "$default";

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly httpVersion: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly receivedAt: Date;
}

/**
 * `rawPath` is the path as sent. AWS hands some paths over percent-decoded; code behind both must not depend on
 * either, and the undecoded one is what the signed fingerprint was made of.
 */
export function toEvent(request: ReceivedRequest): APIGatewayProxyEventV2 {
  const { method, target, sourceIp, receivedAt } = request;
  const mark = target.indexOf("?");
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  const rawQueryString = mark === -1 ? "" : target.slice(mark + 1);
  const domainName = (valuesOf(request.headers, "host")[0] ?? "").replace(/:\d+$/, "");
  return {
    version: "2.0",
    routeKey: DEFAULT,
    rawPath,
    rawQueryString,
    ...cookies(request.headers),
    headers: eventHeaders(request),
    ...queryStringParameters(rawQueryString),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: API_ID,
      domainName,
      domainPrefix: domainName.split(".")[0] ?? "",
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: valuesOf(request.headers, "user-agent")[0] ?? "",
      },
      requestId: randomUUID(),
      routeKey: DEFAULT,
      stage: DEFAULT,
      time: commonLogTime(receivedAt),
      timeEpoch: receivedAt.getTime(),
    },
    ...eventBody(request.headers, request.body),
  };
}

/** Lowercase names, repeated ones joined by commas, without cookies and hop-by-hop ones, and the headers the gateway adds itself. */
function eventHeaders({ headers, sourceIp }: ReceivedRequest): Record<string, string> {
  const names = headers.map(({ name }) => name.toLowerCase());
  const shown = new Set(names.filter((name) => name !== "cookie" && !isHopByHop(name)));
  const received = [...shown].map((name) => [name, valuesOf(headers, name).join(",")] as const);
  const forwardedFor = [...valuesOf(headers, "x-forwarded-for"), sourceIp].join(", ");
  return Object.fromEntries([
    ...received,
    ["x-forwarded-for", forwardedFor],
    ["x-forwarded-port", "443"],
    ["x-forwarded-proto", "https"],
  ]);
}

function cookies(headers: readonly HeaderField[]): { cookies?: string[] } {
  const pairs = valuesOf(headers, "cookie").flatMap((value) => value.split(/;\s*/));
  return pairs.length === 0 ? {} : { cookies: pairs };
}

function queryStringParameters(query: string): { queryStringParameters?: Record<string, string> } {
  if (query === "") return {};
  const parameters = new URLSearchParams(query);
  const joined = [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(",")]);
  return { queryStringParameters: Object.fromEntries(joined) };
}

/** Text for the media types that are text, if the bytes are UTF-8; everything else as base64, so no byte is lost. */
function eventBody(
  headers: readonly HeaderField[],
  body: Buffer,
): { body?: string; isBase64Encoded: boolean } {
  if (body.byteLength === 0) return { isBase64Encoded: false };
  const text = isTextType(valuesOf(headers, "content-type")[0] ?? "") ? decodeUtf8(body) : null;
  return text === null
    ? { body: body.toString("base64"), isBase64Encoded: true }
    : { body: text, isBase64Encoded: false };
}

function isTextType(contentType: string): boolean {
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  return /^(text\/.+|application\/(json|javascript|xml|x-www-form-urlencoded|.+\+(json|xml)))$/.test(
    mediaType,
  );
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
