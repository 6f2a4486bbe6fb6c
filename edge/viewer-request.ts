/** The viewer-request function: the composition root that gives the flow its adapters. */

import { randomBytes } from "node:crypto";
import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { cdpAuthorizer, parseCdpKey } from "../protocol/cdp-jwt.ts";
import type { Config } from "../protocol/config.ts";
import { createFacilitator } from "../protocol/facilitator.ts";
import type { HmacKey } from "../protocol/keys.ts";
import { fromCloudFront, toCloudFront } from "./adapters/cloudfront.ts";
import { createPost } from "./adapters/http-post.ts";
import { respondProblem } from "./answers.ts";
import { gate } from "./gate.ts";
import type { LogEvent } from "./log.ts";
import type { Ports } from "./ports.ts";

/** What the edge function is built with. */
export interface EdgeSecrets {
  readonly cdpKeyId: string;
  /** Base64 Ed25519 or PEM; see `parseCdpKey`. */
  readonly cdpKeySecret: string;
  /** Sign invoices; the first is current, the others still verify. Shared with the origin. */
  readonly invoiceKeys: readonly HmacKey[];
  /** Sign grants; likewise. */
  readonly grantKeys: readonly HmacKey[];
}

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
  const { invoiceKeys, grantKeys } = secrets;
  const ports: Ports = { config, invoiceKeys, grantKeys, facilitator, now, randomBytes, log };

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
