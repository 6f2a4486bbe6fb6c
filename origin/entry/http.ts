/** The function behind API Gateway. */

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { grantKeyId } from "../../protocol/grant-reader.ts";
import { HEADER } from "../../protocol/headers.ts";
import { keyById } from "../../protocol/keys.ts";
import { problemResponse, type Response } from "../http/response.ts";
import { running } from "./running.ts";
import type { Runtime } from "./runtime.ts";

/** Seconds. */
const RETRY_AFTER = "2";

export async function handler(event: APIGatewayProxyEventV2): Promise<Response> {
  const runtime = await runtimeFor(event);
  // The payment may have been taken at the edge: the same answer as for a table that can't be reached.
  if (runtime === undefined) {
    return problemResponse("purchase_unrecorded", {}, {}, { "retry-after": RETRY_AFTER });
  }
  return runtime.origin.handler(event);
}

/** While a new key is rolled out, the edge may have it first: a grant under a key that is not known asks for the secret. */
async function runtimeFor({ headers }: APIGatewayProxyEventV2): Promise<Runtime | undefined> {
  const source = running();
  const keyId = grantKeyId(headers[HEADER.grant] ?? "");
  try {
    const runtime = await source.get();
    const isKnown = keyId === undefined || keyById(runtime.secrets.grantKeys, keyId) !== undefined;
    return isKnown ? runtime : await source.refresh();
  } catch {
    return undefined;
  }
}
