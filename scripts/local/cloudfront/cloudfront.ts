/**
 * A CloudFront distribution with Lambda@Edge on loopback, as strict as the real one: what AWS refuses is refused
 * here, with the broken rule's name in `x-emulator-rule`.
 */

import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { listen } from "../listen.ts";
import { type Behavior, checkDistribution, type Distribution, originOf } from "./distribution.ts";
import { type CloudFrontLimits, cloudFrontLimits, PARSER_HEADER_BYTES } from "./limits.ts";
import { sendToOrigin, toOriginRequest, toOriginResponse } from "./origin.ts";
import { runOriginResponse } from "./origin-response-stage.ts";
import { RuleBroken, statusOf, type Violation } from "./rules.ts";
import { receiveViewerRequest, type ViewerRequest } from "./viewer-request.ts";
import { runViewerRequest, type StageOutcome } from "./viewer-request-stage.ts";
import { relay, sendGenerated, sendRawRefusal, sendRefusal } from "./viewer-response.ts";

export interface CloudFrontOptions {
  readonly distribution: Distribution;
  /** @default 0, a free port */
  readonly port?: number;
  readonly limits?: Partial<CloudFrontLimits>;
}

export interface CloudFront {
  readonly url: string;
  /** Every request that the emulator refused or could not bring to an answer, oldest first. */
  readonly violations: readonly Violation[];
  close(): Promise<void>;
}

/**
 * @throws Error when CloudFront would not accept the distribution
 * @throws PortTakenError
 */
export async function startCloudFront(options: CloudFrontOptions): Promise<CloudFront> {
  const { distribution } = options;
  checkDistribution(distribution);
  const limits: CloudFrontLimits = { ...cloudFrontLimits, ...options.limits };
  const violations: Violation[] = [];
  const closing = new AbortController();
  // One listener for each request under way, as many as there are.
  setMaxListeners(0, closing.signal);

  const record = (request: string, broken: RuleBroken) => {
    const detail = `${request}: ${broken.message}`;
    violations.push({ rule: broken.rule, detail, at: new Date().toISOString() });
    return { status: statusOf(broken.rule, limits), rule: broken.rule, detail };
  };

  const answer = async (message: IncomingMessage, response: ServerResponse) => {
    try {
      await serve(message, response, distribution, limits, closing.signal);
    } catch (error) {
      const viewerLeft = message.destroyed && !message.complete;
      if (viewerLeft || closing.signal.aborted) return;
      const { status, rule, detail } = record(`${message.method} ${message.url}`, asRuleBroken(error));
      sendRefusal(response, status, rule, detail);
    }
  };

  const refuseOnSocket = (socket: Duplex, request: string, broken: RuleBroken) => {
    const { status, rule, detail } = record(request, broken);
    sendRawRefusal(socket, status, rule, detail);
  };

  const server = createServer({ maxHeaderSize: PARSER_HEADER_BYTES }, (message, response) => {
    void answer(message, response);
  });
  server.on("connect", (message: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    const broken = new RuleBroken("method_not_allowed", "CloudFront does not take CONNECT.");
    refuseOnSocket(socket, `CONNECT ${message.url}`, broken);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const broken = parserRefusal(error);
    if (broken === null) socket.destroy();
    else refuseOnSocket(socket, "A request that could not be parsed", broken);
  });

  const listening = await listen(server, "the gateway", options.port);
  return {
    url: listening.url,
    violations,
    close: () => {
      closing.abort();
      return listening.close();
    },
  };
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  distribution: Distribution,
  limits: CloudFrontLimits,
  closing: AbortSignal,
): Promise<void> {
  const { viewer, behavior } = await receiveViewerRequest(message, distribution, limits);
  const outcome = await atViewerRequest(viewer, behavior, distribution, limits);
  if (outcome.kind === "response") return sendGenerated(response, outcome.response, viewer, distribution);
  const { request } = outcome;
  const origin = originOf(distribution, behavior);
  const sent = toOriginRequest(request, origin, distribution, limits);
  const fromOrigin = await sendToOrigin(origin, sent, limits, closing);
  const { originResponse } = behavior;
  const answer =
    originResponse === undefined
      ? toOriginResponse(fromOrigin)
      : await runOriginResponse({ request, origin, sent }, fromOrigin, originResponse, distribution, limits);
  return relay(response, answer, viewer, distribution);
}

async function atViewerRequest(
  viewer: ViewerRequest,
  { viewerRequest }: Behavior,
  distribution: Distribution,
  limits: CloudFrontLimits,
): Promise<StageOutcome> {
  return viewerRequest === undefined
    ? { kind: "request", request: viewer }
    : runViewerRequest(viewer, viewerRequest, distribution, limits);
}

function asRuleBroken(error: unknown): RuleBroken {
  return error instanceof RuleBroken ? error : new RuleBroken("emulator_fault", String(error));
}

/** What the parser's complaint means in CloudFront's terms, or null when there is nobody to tell. */
function parserRefusal({ code, message }: NodeJS.ErrnoException): RuleBroken | null {
  switch (code) {
    case "ECONNRESET":
      return null;
    case "HPE_INVALID_METHOD":
      return new RuleBroken("method_not_allowed", "CloudFront does not take this method.");
    case "HPE_HEADER_OVERFLOW":
      return new RuleBroken("viewer_request_too_large", "The headers are larger than any limit.");
    default:
      return new RuleBroken("viewer_request_malformed", `The request is not valid HTTP: ${message}.`);
  }
}
