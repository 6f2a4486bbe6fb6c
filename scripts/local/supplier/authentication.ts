/** Who may call the simulated supplier: the access code's holder, with or without a signature. Pure. */

import type { IncomingHttpHeaders } from "node:http";
import { signRequest } from "../../../origin/supplier/signature.ts";

export interface Credentials {
  readonly accessCode: string;
  /** Null when this account signs nothing: every signature is then wrong. */
  readonly secretKey: string | null;
}

const MISSING_HEADER = "000101";
const WRONG_HEADER = "000102";
const WRONG_TIMESTAMP = "101001";
const WRONG_SIGNATURE = "101003";

/** How far a signed request's clock may be off. The real supplier's figure is not documented. */
const MAX_CLOCK_SKEW_MS = 10 * 60_000;
/** The vendor's text says milliseconds and its example uses seconds, so both are taken: seconds are shorter. */
const SECONDS_DIGITS = 10;

/** The error code that turns a request away, or null to let it in. */
export function authenticate(
  headers: IncomingHttpHeaders,
  body: string,
  credentials: Credentials,
  nowMs: number,
): string | null {
  const accessCode = header(headers, "rt-accesscode");
  if (accessCode === null) return MISSING_HEADER;
  if (accessCode !== credentials.accessCode) return WRONG_HEADER;
  const signature = header(headers, "rt-signature");
  if (signature === null) return null;
  const timestamp = header(headers, "rt-timestamp");
  const requestId = header(headers, "rt-requestid");
  if (timestamp === null || requestId === null) return MISSING_HEADER;
  if (!/^\d{10,13}$/.test(timestamp)) return WRONG_TIMESTAMP;
  const sentMs = Number(timestamp) * (timestamp.length <= SECONDS_DIGITS ? 1_000 : 1);
  if (Math.abs(nowMs - sentMs) > MAX_CLOCK_SKEW_MS) return WRONG_TIMESTAMP;
  if (credentials.secretKey === null) return WRONG_SIGNATURE;
  const expected = signRequest(credentials.secretKey, { timestamp, requestId, accessCode, body });
  return signature === expected ? null : WRONG_SIGNATURE;
}

function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}
