/** The three answers a viewer can get: the origin's, a function's, and the emulator's own refusal. */

import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Distribution } from "./distribution.ts";
import { isHopByHop } from "./header-policy.ts";
import { contentLengthField, type HeaderField, rawHeaders, valuesOf } from "./http-message.ts";
import { type OriginResponse, via } from "./origin.ts";
import type { Rule } from "./rules.ts";
import type { ViewerRequest } from "./viewer-request.ts";
import type { StageResponse } from "./viewer-request-stage.ts";

const FIRST_ERROR_STATUS = 400;

/** Streams the origin's answer to the viewer. A viewer that left is not an error. */
export async function relay(
  response: ServerResponse,
  { status, statusDescription, headers: received, body }: OriginResponse,
  viewer: ViewerRequest,
  distribution: Distribution,
): Promise<void> {
  const kept = received.filter(({ name }) => {
    const lower = name.toLowerCase();
    return !isHopByHop(lower) && !["via", "x-amz-cf-id", "x-cache"].includes(lower);
  });
  const headers = [
    ...kept,
    ...added(viewer.requestId, [...valuesOf(received, "via"), via(distribution)].join(", ")),
    { name: "X-Cache", value: `${status < FIRST_ERROR_STATUS ? "Miss" : "Error"} from cloudfront` },
  ];
  response.writeHead(status, statusDescription ?? STATUS_CODES[status] ?? "", rawHeaders(headers));
  try {
    await pipeline(body, response);
  } catch {
    // Either side broke off. With the headers sent, all that is left is to cut the other side as well.
    response.destroy();
  }
}

/** Sends what a function made instead of asking the origin. */
export function sendGenerated(
  response: ServerResponse,
  generated: StageResponse,
  viewer: ViewerRequest,
  distribution: Distribution,
): void {
  const headers = [
    ...generated.headers,
    ...contentLengthField(generated.status, generated.body.byteLength),
    { name: "Server", value: "CloudFront" },
    ...added(viewer.requestId, via(distribution)),
    { name: "X-Cache", value: "LambdaGeneratedResponse from cloudfront" },
  ];
  const reason = generated.statusDescription ?? STATUS_CODES[generated.status] ?? "";
  response.writeHead(generated.status, reason, rawHeaders(headers));
  response.end(generated.body);
}

/** Sends the emulator's own error: the rule in `x-emulator-rule`, the sentence as the body. */
export function sendRefusal(response: ServerResponse, status: number, rule: Rule, detail: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = `${detail}\n`;
  response.writeHead(status, refusalReason(status), rawHeaders(refusalHeaders(rule, body)));
  response.end(body);
}

/** The same for a request that Node's parser gave no response object for. */
export function sendRawRefusal(socket: Duplex, status: number, rule: Rule, detail: string): void {
  if (!socket.writable) return;
  const body = `${detail}\n`;
  const lines = [...refusalHeaders(rule, body), { name: "Connection", value: "close" }].map(
    ({ name, value }) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${refusalReason(status)}\r\n${lines.join("")}\r\n${body}`);
}

function refusalHeaders(rule: Rule, body: string): HeaderField[] {
  return [
    { name: "Content-Type", value: "text/plain; charset=utf-8" },
    { name: "Content-Length", value: String(Buffer.byteLength(body)) },
    { name: "Server", value: "CloudFront" },
    { name: "X-Cache", value: "Error from cloudfront" },
    { name: "X-Emulator-Rule", value: rule },
  ];
}

function refusalReason(status: number): string {
  return STATUS_CODES[status] ?? "Request Header Or Cookie Too Large";
}

function added(requestId: string, viaValue: string): HeaderField[] {
  return [
    { name: "Via", value: viaValue },
    { name: "X-Amz-Cf-Id", value: requestId },
  ];
}
