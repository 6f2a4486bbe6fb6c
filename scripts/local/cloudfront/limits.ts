/**
 * The limits the CloudFront emulator enforces, each with its unit and where it comes from.
 *
 * "Developer Guide" is the Amazon CloudFront Developer Guide. Where AWS's pages disagree, the stricter figure
 * is the default, because what passes here must pass there.
 */

const KIB = 1024;

export const cloudFrontLimits = {
  /**
   * Milliseconds a viewer-request function may take. Long 5 s; the newest page "Quotas on Lambda@Edge" says 30 s.
   */
  viewerRequestTimeoutMs: 5_000,

  /** Bytes of request body a viewer-request function sees, or may put in its place. "Quotas on Lambda@Edge". */
  viewerRequestBodyBytes: 40 * KIB,

  /** Bytes of a response made at viewer-request, headers included. "Quotas on Lambda@Edge". */
  generatedResponseBytes: 40 * KIB,

  /** Milliseconds an origin-response function may take. "Quotas on Lambda@Edge". */
  originResponseFunctionTimeoutMs: 30_000,

  /**
   * Bytes of a response an origin-response function returned, headers and new body together. "Quotas on
   * Lambda@Edge", 1 MB for a response generated at the origin events.
   */
  updatedResponseBytes: 1_024 * KIB,

  /** Bytes of a URL, with scheme and host. Developer Guide, "Request and response behavior for custom origins". */
  urlBytes: 8_192,

  /** Bytes of request line and headers, from the viewer and to the origin. Same page. */
  requestBytes: 20_480,

  /** Bytes of an origin response's headers. "Quotas", the figure for requests. */
  originResponseHeaderBytes: 20_480,

  /** Milliseconds without a byte from the origin. Developer Guide, "Response timeout", default value. */
  originReadTimeoutMs: 30_000,

  /** Tries for GET and HEAD; every other method gets one. Developer Guide, "Connection attempts", default value. */
  originAttempts: 3,

  /**
   * HTTP status when the function throws. AWS's pages give 502 and, in "HTTP 503 status code (Lambda execution
   * error)", 503; a client must treat them alike.
   */
  functionErrorStatus: 502,
} as const;

export type CloudFrontLimits = { readonly [Name in keyof typeof cloudFrontLimits]: number };

/**
 * Seconds CloudFront keeps an idle connection to an origin, as origin-response events show it. Developer Guide,
 * "Keep-alive timeout", default value. The emulator itself opens a connection for each request.
 */
export const ORIGIN_KEEP_ALIVE_SECONDS = 5;

/** TLS versions CloudFront may use to an origin, as origin-response events show them: TLS 1.2, the CDK's default. */
export const ORIGIN_TLS_PROTOCOLS = ["TLSv1.2"] as const;

/**
 * Bytes of headers Node.js reads before it gives up by itself. Well over every limit above, so that the
 * emulator's rule answers and not the parser.
 */
export const PARSER_HEADER_BYTES = 128 * KIB;
