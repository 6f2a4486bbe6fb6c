/** API Gateway's payload 2.0 events as the app sees them, with the grant checked against the real request. */

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { SIGN_IN_WITH_X } from "../../protocol/extensions/sign-in-with-x.ts";
import { fallbackRegionOf, significantHeaders } from "../../protocol/fallback-region.ts";
import { fingerprint } from "../../protocol/fingerprint.ts";
import type { Grant } from "../../protocol/grant.ts";
import { grantKeyId, verifyGrant } from "../../protocol/grant-reader.ts";
import { HEADER } from "../../protocol/headers.ts";
import type { HmacKey } from "../../protocol/keys.ts";
import { canonicalPath, canonicalQuery } from "../../protocol/path.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { decodeBase64 } from "../../protocol/text.ts";

export interface OriginRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: Uint8Array;
  readonly fallbackRegion: string | undefined;
  readonly grant: Grant;
  /** Of the key that the grant is signed with: the edge's current one, which may be older than ours. */
  readonly keyId: number | undefined;
  readonly agentId: string | null;
  /** From `Authorization: Bearer`, or null. */
  readonly bearer: string | null;
  /** The payer's own proof, from `SIGN-IN-WITH-X`, or null. Not checked yet. */
  readonly walletProof: string | null;
}

const AGENT_ID = /^[\x21-\x7e]{1,128}$/;
const BEARER = /^Bearer ([A-Za-z0-9_-]{1,128})$/i;

/** @param now Unix seconds */
export async function readOriginRequest(
  event: APIGatewayProxyEventV2,
  keys: readonly HmacKey[],
  now: number,
): Promise<Result<OriginRequest, "grant_required" | "grant_invalid">> {
  const token = event.headers[HEADER.grant];
  if (token === undefined) return fail("grant_required");
  const grant = await verifyGrant(token, keys, now);
  if (!grant.ok) return grant;

  const { method } = event.requestContext.http;
  const path = canonicalPath(event.rawPath);
  const query = canonicalQuery(event.rawQueryString);
  const body = bodyBytes(event);
  if (!path.ok || !query.ok || body === undefined) return fail("grant_invalid");
  const fallbackRegion = fallbackRegionOf(path.value, event.headers[HEADER.fallbackRegion]);
  const headers = significantHeaders(fallbackRegion);
  const actual = fingerprint({ method, path: path.value, query: query.value, body, headers });
  if (actual !== grant.value.fingerprint) return fail("grant_invalid");

  const agentId = event.headers[HEADER.agentId];
  const [, bearer = null] = BEARER.exec(event.headers["authorization"] ?? "") ?? [];
  return ok({
    method,
    path: path.value,
    query: query.value,
    body,
    fallbackRegion,
    grant: grant.value,
    keyId: grantKeyId(token),
    agentId: agentId !== undefined && AGENT_ID.test(agentId) ? agentId : null,
    bearer,
    walletProof: event.headers[SIGN_IN_WITH_X] ?? null,
  });
}

function bodyBytes({ body, isBase64Encoded }: APIGatewayProxyEventV2): Uint8Array | undefined {
  if (body === undefined || body === "") return new Uint8Array();
  return isBase64Encoded ? decodeBase64(body) : new TextEncoder().encode(body);
}
