/** The origin-response function: the composition root that gives its flow the adapters. */

import type { CloudFrontResponseEvent, CloudFrontResponseResult } from "aws-lambda";
import type { Config } from "../protocol/config.ts";
import { createFacilitator } from "../protocol/facilitator.ts";
import { fromCloudFront } from "./adapters/cloudfront.ts";
import { createPost } from "./adapters/http-post.ts";
import { createChain, MAX_RPC_ANSWER } from "./adapters/json-rpc.ts";
import { toOriginResponse } from "./adapters/origin-response.ts";
import { createRandomBytes } from "./adapters/random.ts";
import { respondProblem } from "./answers.ts";
import type { TracedLog } from "./log.ts";
import { createOnce } from "./once.ts";
import { originResponse } from "./origin-response.ts";
import type { OriginResponsePorts } from "./ports.ts";
import { type EdgeSecrets, facilitatorAuthorizer } from "./secrets.ts";
import { beginTrace } from "./trace.ts";

export type OriginResponseHandler = (event: CloudFrontResponseEvent) => Promise<CloudFrontResponseResult>;

/** An instance serves about ten requests a second, and a payment lives for ten minutes at most. */
const REMEMBERED_PAYMENTS = 10_000;

export function createOriginResponse(
  config: Config,
  secrets: EdgeSecrets,
  write: TracedLog,
): OriginResponseHandler {
  const now = () => Date.now();
  const randomBytes = createRandomBytes();
  const shared: Omit<OriginResponsePorts, "log"> = {
    config,
    invoiceKeys: secrets.invoiceKeys,
    grantKeys: secrets.grantKeys,
    facilitator: createFacilitator({
      url: config.facilitatorUrl,
      authorize: facilitatorAuthorizer(secrets, { now, randomBytes }),
      // A settlement sent a second time on a fresh connection would be told that the payment is used.
      post: createPost({ keepAlive: false }),
    }),
    chain: createChain(config.networks, createPost({ maxAnswerBytes: MAX_RPC_ANSWER }), now),
    now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    randomBytes,
    claim: createOnce(REMEMBERED_PAYMENTS),
  };

  return async (event) => {
    const [record] = event.Records;
    if (record === undefined) throw new Error("an origin-response event has a record");
    const { request, response } = record.cf;
    const sent = fromCloudFront(request);
    // What viewer-request set, so this is in the same trace.
    const { traceId } = beginTrace(sent.headers, randomBytes, now());
    const log: OriginResponsePorts["log"] = (event) => write(event, traceId);
    try {
      const exchange = { request: sent, status: Number(response.status) };
      return toOriginResponse(response, await originResponse(exchange, { ...shared, log }));
    } catch (error) {
      log({ event: "internal_error", error: error instanceof Error ? error.name : "unknown" });
      return toOriginResponse(response, { kind: "withhold", answer: respondProblem("internal_error", {}) });
    }
  };
}
