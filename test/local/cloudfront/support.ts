/** What the CloudFront emulator's tests share: an origin that records, a distribution around it, a raw client. */

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
  type ServerResponse,
} from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import type { CloudFrontRequestEvent, CloudFrontResponseEvent } from "aws-lambda";
import { onTestFinished } from "vitest";
import { type CloudFront, startCloudFront } from "../../../scripts/local/cloudfront/cloudfront.ts";
import type {
  Behavior,
  Distribution,
  Origin,
  OriginResponseHandler,
  ViewerRequestHandler,
} from "../../../scripts/local/cloudfront/distribution.ts";
import type { CloudFrontLimits } from "../../../scripts/local/cloudfront/limits.ts";
import { listen } from "../../../scripts/local/listen.ts";

export const domainName = "d111111abcdef8.cloudfront.net";

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

export interface Sent {
  readonly method?: string;
  /** Flat `[name, value, …]` sends repeated headers as they are; it must then have a Host. */
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: Uint8Array | string;
}

/** One request, with any path, method and headers, which `fetch` would not all send. */
export function send(
  url: string,
  path: string,
  { method = "GET", headers = {}, body }: Sent = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = requestHttp(url, { path, method, headers, agent: false, maxHeaderSize: 256 * 1024 });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      readAll(response).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? "",
            headers: response.headers,
            body: bytes,
          }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

/** Bytes in, bytes out: for what no HTTP client would send. */
export function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text, "latin1"));
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
  });
}

export async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface Recorded {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface RecordingOrigin {
  readonly url: string;
  readonly received: readonly Recorded[];
  /** The only request received. */
  only(): Recorded;
}

type Reply = (response: ServerResponse, request: Recorded) => void;

/** An origin on loopback that keeps what it got. */
export async function startOrigin(reply: Reply = (response) => response.end("ok")): Promise<RecordingOrigin> {
  const received: Recorded[] = [];
  const server = createServer({ maxHeaderSize: 64 * 1024 }, async (message, response) => {
    const request = {
      method: message.method ?? "",
      target: message.url ?? "",
      headers: message.headers,
      rawHeaders: message.rawHeaders,
      body: await readAll(message),
    };
    received.push(request);
    reply(response, request);
  });
  const { url, close } = await listen(server, "the test's origin");
  onTestFinished(close);
  const only = () => {
    const [request] = received;
    if (request === undefined || received.length !== 1)
      throw new Error(`${received.length} requests, not one`);
    return request;
  };
  return { url, received, only };
}

/** An origin that takes connections and treats each as told. */
export async function startBrokenOrigin(onData: (socket: Socket) => void) {
  let requests = 0;
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      requests += 1;
      onData(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, requests: () => requests };
}

export interface Setup {
  readonly origin?: Origin;
  readonly limits?: Partial<CloudFrontLimits>;
  readonly behavior?: Partial<Behavior>;
  readonly reply?: Reply;
}

/** An emulator with one behavior for everything in front of a recording origin. */
export async function setUp({ behavior, origin, limits = {}, reply }: Setup = {}) {
  const behind = await startOrigin(reply);
  const distribution: Distribution = {
    id: "EDFDVBD6EXAMPLE",
    domainName,
    origins: { shop: origin ?? { url: behind.url } },
    behaviors: [{ pathPattern: "*", origin: "shop", allowedMethods: "ALL", ...behavior }],
  };
  return { edge: await start(distribution, limits), behind };
}

export async function start(
  distribution: Distribution,
  limits: Partial<CloudFrontLimits> = {},
): Promise<CloudFront> {
  const edge = await startCloudFront({ distribution, limits });
  onTestFinished(() => edge.close());
  return edge;
}

/** A viewer-request function typed as loosely as JavaScript is: tests return what the types forbid. */
export function edgeFunction(handler: (event: CloudFrontRequestEvent) => unknown, includeBody = true) {
  const loose: unknown = async (event: CloudFrontRequestEvent) => handler(event);
  if (!isHandler<ViewerRequestHandler>(loose)) throw new TypeError("not a function");
  return { viewerRequest: { handler: loose, includeBody } };
}

/** The same for an origin-response function. */
export function originFunction(handler: (event: CloudFrontResponseEvent) => unknown) {
  const loose: unknown = async (event: CloudFrontResponseEvent) => handler(event);
  if (!isHandler<OriginResponseHandler>(loose)) throw new TypeError("not a function");
  return { originResponse: { handler: loose } };
}

function isHandler<Handler>(value: unknown): value is Handler {
  return typeof value === "function";
}

/** The request inside an event. */
export function requestIn(event: CloudFrontRequestEvent) {
  return recordIn(event.Records).cf.request;
}

/** The response inside an event. */
export function responseIn(event: CloudFrontResponseEvent) {
  return recordIn(event.Records).cf.response;
}

function recordIn<EventRecord>([record]: readonly EventRecord[]): EventRecord {
  if (record === undefined) throw new Error("The event has no record");
  return record;
}
