/** The viewer-request function: the composition root that gives the flow its adapters. */

import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import type { Config } from "../protocol/config.ts";
import { createFacilitator } from "../protocol/facilitator.ts";
import { signingKey } from "../protocol/keys.ts";
import { lazily } from "../protocol/lazily.ts";
import { fromCloudFront, toCloudFront } from "./adapters/cloudfront.ts";
import { createCredit, MAX_CREDIT_ANSWER } from "./adapters/credit.ts";
import { createGet, createPost } from "./adapters/http-post.ts";
import { createChain, MAX_RPC_ANSWER } from "./adapters/json-rpc.ts";
import { respondProblem } from "./answers.ts";
import { gate } from "./gate.ts";
import { createIdBytes } from "./id-bytes.ts";
import type { TracedLog } from "./log.ts";
import type { Chain, GatePorts, Ports } from "./ports.ts";
import { type EdgeSecrets, facilitatorAuthorizer } from "./secrets.ts";
import { beginTrace, traced } from "./trace.ts";

const UNREACHABLE = { kind: "unreachable" } as const;
const NO_CHAIN: Chain = {
  authorizationState: async () => UNREACHABLE,
  findSettlement: async () => UNREACHABLE,
  transactionState: async () => UNREACHABLE,
};

export type ViewerRequestHandler = (event: CloudFrontRequestEvent) => Promise<CloudFrontRequestResult>;

export function createViewerRequest(
  config: Config,
  secrets: EdgeSecrets,
  write: TracedLog,
): ViewerRequestHandler {
  const now = () => Date.now();
  const { invoiceKeys, grantKeys } = secrets;
  let requestId = "";
  // The id alone is enough on AWS; the others are for hosts that repeat it.
  const seed = () => [requestId, now(), Math.random()].join(" ");
  const randomBytes = createIdBytes(signingKey(invoiceKeys), seed);
  // Whoever is asked is made when first asked: an unpaid request asks nobody.
  const facilitator = lazily(() =>
    createFacilitator({
      url: config.facilitatorUrl,
      authorize: facilitatorAuthorizer(secrets, { now, randomBytes }),
      post: createPost(),
    }),
  );
  const credit = lazily(() =>
    createCredit(config.publicUrl, createGet({ maxAnswerBytes: MAX_CREDIT_ANSWER }), now),
  );
  const shared: Omit<GatePorts, "log"> = {
    config,
    invoiceKeys,
    grantKeys,
    facilitator: {
      verify: (request) => facilitator().verify(request),
      settle: (request) => facilitator().settle(request),
    },
    // Only a gateway in front of an origin that knows nothing of payments looks at the chain itself. The others are built
    // without what that takes: each cold start would have to read it.
    chain:
      typeof EDGE402_SETTLE !== "string" || EDGE402_SETTLE === "origin-response"
        ? createChain(config.networks, createPost({ maxAnswerBytes: MAX_RPC_ANSWER }), now)
        : NO_CHAIN,
    credit: (deadline) => credit()(deadline),
    now,
    randomBytes,
  };

  return async (event) => {
    const [record] = event.Records;
    if (record === undefined) throw new Error("a viewer-request event has a record");
    const { request, config: exchange } = record.cf;
    requestId = exchange.requestId;
    const asked = fromCloudFront(request);
    const trace = beginTrace(asked.headers, randomBytes, now());
    const log: Ports["log"] = (event) => write(event, trace.traceId);
    try {
      return toCloudFront(request, traced(await gate(asked, { ...shared, log }), trace, shared));
    } catch (error) {
      log({ event: "internal_error", error: error instanceof Error ? error.name : "unknown" });
      return toCloudFront(request, respondProblem("internal_error", {}));
    }
  };
}
