/**
 * The limits the API Gateway emulator enforces, each with its unit and where it comes from.
 *
 * "Quotas" is the API Gateway Developer Guide, "Quotas for configuring and running an HTTP API".
 */

const KIB = 1024;
const MIB = 1024 * KIB;

export const apiGatewayLimits = {
  /**
   * Bytes of request line and headers. Quotas count header values; names are counted here as well, the stricter
   * reading.
   */
  requestHeaderBytes: 10_240,

  /** Bytes of request body. Quotas, "Payload size". */
  bodyBytes: 10 * MIB,

  /**
   * Bytes of the event, and of the result, as JSON. AWS Lambda quotas, "Invocation payload", synchronous. A body
   * that travels as base64 meets this limit long before {@link apiGatewayLimits.bodyBytes}.
   */
  invocationPayloadBytes: 6 * MIB,

  /** Milliseconds the function may take. Quotas, "Maximum integration timeout". */
  integrationTimeoutMs: 30_000,
} as const;

export type ApiGatewayLimits = { readonly [Name in keyof typeof apiGatewayLimits]: number };

/** Bytes of headers Node.js reads before it gives up by itself: over the limit, so that our rule answers. */
export const PARSER_HEADER_BYTES = 64 * KIB;
