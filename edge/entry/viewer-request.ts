/** The viewer-request function as Lambda@Edge runs it. */

import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { toCloudFront } from "../adapters/cloudfront.ts";
import { createViewerRequest } from "../viewer-request.ts";
import { edgeFunction } from "./edge-function.ts";
import { respondNotReady } from "./not-ready.ts";

export const handler = edgeFunction<CloudFrontRequestEvent, CloudFrontRequestResult>({
  create: createViewerRequest,
  notReady({ Records: [record] }) {
    if (record === undefined) throw new Error("a viewer-request event has a record");
    return toCloudFront(record.cf.request, respondNotReady());
  },
});
