/**
 * An API Gateway HTTP API on loopback: one `$default` route with a Lambda proxy integration, payload format 2.0,
 * and the quotas that make the real one answer for itself.
 */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import {
  contentLengthField,
  fieldBytes,
  headerFields,
  rawHeaders,
  readBody,
} from "../cloudfront/http-message.ts";
import { listen } from "../listen.ts";
import { toEvent } from "./event.ts";
import { type ApiGatewayLimits, apiGatewayLimits, PARSER_HEADER_BYTES } from "./limits.ts";
import { type GatewayResponse, toResponse } from "./result.ts";

export type ApiGatewayHandler = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2 | string | object>;

export interface ApiGatewayOptions {
  readonly handler: ApiGatewayHandler;
  /** @default 0, a free port */
  readonly port?: number;
  readonly limits?: Partial<ApiGatewayLimits>;
  /** Told why a request ended in 500 or 503: what the handler threw, or what was wrong with its result. */
  readonly onError?: (error: unknown) => void;
}

export interface ApiGateway {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws PortTakenError */
export async function startApiGateway(options: ApiGatewayOptions): Promise<ApiGateway> {
  const limits: ApiGatewayLimits = { ...apiGatewayLimits, ...options.limits };
  const server = createServer({ maxHeaderSize: PARSER_HEADER_BYTES }, (message, response) => {
    void answer(message, response, options, limits);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || error.code === "ECONNRESET") return socket.destroy();
    const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
    return socket.end(
      `HTTP/1.1 ${tooLarge ? "431 Request Header Fields Too Large" : "400 Bad Request"}\r\nConnection: close\r\n\r\n`,
    );
  });
  return listen(server, "the origin", options.port);
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  { handler, onError = () => {} }: ApiGatewayOptions,
  limits: ApiGatewayLimits,
): Promise<void> {
  try {
    send(response, await respond(message, handler, limits));
  } catch (error) {
    const clientLeft = message.destroyed && !message.complete;
    if (clientLeft) return;
    onError(error);
    send(response, error instanceof TimedOut ? refusal(503) : refusal(500));
  }
}

async function respond(
  message: IncomingMessage,
  handler: ApiGatewayHandler,
  limits: ApiGatewayLimits,
): Promise<GatewayResponse> {
  const method = message.method ?? "";
  const target = message.url ?? "";
  const headers = headerFields(message.rawHeaders);
  const headerBytes = `${method} ${target} HTTP/1.1\r\n`.length + fieldBytes(headers);
  if (headerBytes > limits.requestHeaderBytes) return refusal(431);

  const body = await readBody(message, limits.bodyBytes);
  if (body === null) return refusal(413);
  const event = toEvent({
    method,
    target,
    httpVersion: message.httpVersion,
    headers,
    body,
    sourceIp: message.socket.remoteAddress ?? "",
    receivedAt: new Date(),
  });
  if (Buffer.byteLength(JSON.stringify(event)) > limits.invocationPayloadBytes) return refusal(413);

  const result = (await withDeadline(handler, event, limits.integrationTimeoutMs)) ?? null;
  const json = JSON.stringify(result);
  const resultBytes = Buffer.byteLength(json);
  if (resultBytes > limits.invocationPayloadBytes) {
    throw new Error(
      `The function's result has ${resultBytes} bytes; Lambda allows ${limits.invocationPayloadBytes}.`,
    );
  }
  return toResponse(JSON.parse(json));
}

class TimedOut extends Error {
  override readonly name = "TimedOut";
}

async function withDeadline(
  handler: ApiGatewayHandler,
  event: APIGatewayProxyEventV2,
  timeoutMs: number,
): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(new TimedOut(`The function did not answer within ${timeoutMs} ms.`));
    timer = setTimeout(late, timeoutMs).unref();
  });
  try {
    return await Promise.race([handler(event), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

const refusalMessages = {
  413: "Request Entity Too Large",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

/** What the gateway says when it answers for itself. */
function refusal(status: keyof typeof refusalMessages): GatewayResponse {
  return {
    status,
    headers: [{ name: "content-type", value: "application/json" }],
    body: Buffer.from(JSON.stringify({ message: refusalMessages[status] })),
  };
}

function send(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  if (response.destroyed) return;
  const own = [
    { name: "apigw-requestid", value: randomUUID() },
    ...contentLengthField(status, body.byteLength),
  ];
  response.writeHead(status, rawHeaders([...headers, ...own]));
  response.end(body);
}
