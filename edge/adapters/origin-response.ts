/**
 * Lambda@Edge origin-response events: into what the flow decides on, and its verdict back into what CloudFront takes.
 *
 * CloudFront keeps the origin's body, whatever the status becomes, until a body is set: withholding means setting one.
 */

import type { CloudFrontHeaders, CloudFrontResponse, CloudFrontResultResponse } from "aws-lambda";
import { CORS_HEADERS, HEADER, NO_STORE } from "../../protocol/headers.ts";
import type { Verdict } from "../origin-response.ts";
import { cloudFrontHeaders } from "./cloudfront.ts";

/** Must be handed back as the origin sent them, even with another body. */
const READ_ONLY: readonly string[] = ["transfer-encoding", "via"];

/** Replaced where an answer is paid for: the origin's own caching, and receipts that are not ours. */
const REPLACED: readonly string[] = [
  "cache-control",
  "expires",
  HEADER.paymentResponse,
  HEADER.xPaymentResponse,
];

const EXPOSE = "access-control-expose-headers";

export function toOriginResponse(response: CloudFrontResponse, verdict: Verdict): CloudFrontResultResponse {
  switch (verdict.kind) {
    case "pass":
      return response;
    case "paid": {
      const kept = pick(response.headers, (name) => !REPLACED.includes(name) && name !== EXPOSE);
      const added = { ...verdict.receipt, ...NO_STORE, [EXPOSE]: exposed(response.headers) };
      const allowed = pick(cloudFrontHeaders(CORS_HEADERS), (name) => name !== EXPOSE);
      return { ...response, headers: { ...allowed, ...kept, ...cloudFrontHeaders(added) } };
    }
    case "withhold": {
      const { status, headers, body } = verdict.answer;
      // Not even the origin's headers: its cookies, links and encodings belong to the body that stays here.
      const kept = pick(response.headers, (name) => READ_ONLY.includes(name));
      return { status: String(status), headers: { ...kept, ...cloudFrontHeaders(headers) }, body };
    }
  }
}

/** The origin's own list, if any, and ours. */
function exposed(headers: CloudFrontHeaders): string {
  const own = (headers[EXPOSE] ?? []).map(({ value }) => value);
  return [...own, CORS_HEADERS[EXPOSE]].join(", ");
}

function pick(headers: CloudFrontHeaders, isKept: (name: string) => boolean): CloudFrontHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name.toLowerCase())));
}
