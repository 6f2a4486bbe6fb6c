/** The viewer-request function: the composition root that gives the flow its adapters. */

import { randomBytes } from "node:crypto";
import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { cdpAuthorizer, parseCdpKey } from "../protocol/cdp-jwt.ts";
import type { Config } from "../protocol/config.ts";
import { createFacilitator } from "../protocol/facilitator.ts";
import { fromCloudFront, toCloudFront } from "./adapters/cloudfront.ts";
import { createPost } from "./adapters/http-post.ts";
import { createChain, MAX_RPC_ANSWER } from "./adapters/json-rpc.ts";
import { respondProblem } from "./answers.ts";
import { gate } from "./gate.ts";
import type { LogEvent } from "./log.ts";
import type { Ports } from "./ports.ts";
import type { EdgeSecrets } from "./secrets.ts";

export type ViewerRequestHandler = (event: CloudFrontRequestEvent) => Promise<CloudFrontRequestResult>;

/** @throws CdpKeyError */
export function createViewerRequest(
  config: Config,
  secrets: EdgeSecrets,
  log: (event: LogEvent) => void,
): ViewerRequestHandler {
  const cdpKey = parseCdpKey(secrets.cdpKeyId, secrets.cdpKeySecret);
  const now = () => Date.now();
  const facilitator = createFacilitator({
    url: config.facilitatorUrl,
    authorize: cdpAuthorizer(cdpKey, { now, randomBytes }),
    post: createPost(),
  });
  const chain = createChain(config.networks, createPost({ maxAnswerBytes: MAX_RPC_ANSWER }), now);
  const { invoiceKeys, grantKeys } = secrets;
  const ports: Ports = { config, invoiceKeys, grantKeys, facilitator, chain, now, randomBytes, log };

  return async (event) => {
    const [record] = event.Records;
    if (record === undefined) throw new Error("a viewer-request event has a record");
    const { request } = record.cf;
    try {
      return toCloudFront(request, await gate(fromCloudFront(request), ports));
    } catch (error) {
      log({ event: "internal_error", error: error instanceof Error ? error.name : "unknown" });
      return toCloudFront(request, respondProblem("internal_error", {}));
    }
  };
}
