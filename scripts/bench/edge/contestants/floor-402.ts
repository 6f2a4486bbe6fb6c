/** The least that a gateway can do: one fixed 402, and no checks. */

import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { CHALLENGE } from "./fixed-challenge.ts";

export async function handler(_: CloudFrontRequestEvent): Promise<CloudFrontRequestResult> {
  return { status: "402", headers: { "payment-required": [{ value: CHALLENGE }] }, body: "{}" };
}
