/** The origin-response function as Lambda@Edge runs it. */

import type { CloudFrontResponseEvent, CloudFrontResponseResult } from "aws-lambda";
import { toOriginResponse } from "../adapters/origin-response.ts";
import { createOriginResponse } from "../origin-response-handler.ts";
import { edgeFunction } from "./edge-function.ts";
import { respondNotReady } from "./not-ready.ts";

export const handler = edgeFunction<CloudFrontResponseEvent, CloudFrontResponseResult>({
  create: createOriginResponse,
  /** Whether the answer has to be paid for can't be told without the keys, so none leaves. */
  notReady({ Records: [record] }) {
    if (record === undefined) throw new Error("an origin-response event has a record");
    return toOriginResponse(record.cf.response, { kind: "withhold", answer: respondNotReady() });
  },
});
