/** Header names on the wire. Lower-case, as HTTP/2, Lambda@Edge and API Gateway give them. */

export const HEADER = {
  /** x402 v2: the challenge, base64 JSON. */
  paymentRequired: "payment-required",
  /** x402 v2: the payment, base64 JSON. */
  paymentSignature: "payment-signature",
  /** x402 v2: the settlement's receipt, base64 JSON. */
  paymentResponse: "payment-response",
  /** x402 v1: the payment. */
  xPayment: "x-payment",
  /** x402 v1: the receipt. */
  xPaymentResponse: "x-payment-response",
  /** Our own: lets a v1 client, which echoes nothing, present the invoice it was quoted. */
  invoice: "x-invoice-id",
  /** Our own: the hash of a transaction that paid an invoice, by either of two names. */
  paymentReceipt: "x-payment-receipt",
  paymentProof: "x-payment-proof",
  /** Our own: the sender's EIP-191 signature over the invoice, where the transaction itself does not name it. */
  paymentSigner: "x-payment-signer",
  agentId: "x-agent-id",
  /** Our own: the region to get an eSIM for as well where the one that is bought is late. */
  fallbackRegion: "x-fallback-region",
  /** The client's own name for a request that it may repeat. */
  idempotencyKey: "idempotency-key",
  /** RFC 7240. */
  prefer: "prefer",
  /** Our own, edge to origin only: the grant. */
  grant: "x-edge402-grant",
  /** Our own, edge to origin only: when the edge began, and how long it took. */
  edgeSpan: "x-edge402-span",
  /** W3C Trace Context. */
  traceparent: "traceparent",
  tracestate: "tracestate",
} as const;

/** Headers under this prefix are ours alone; a client's copies never reach the origin. */
export const INTERNAL_PREFIX = "x-edge402-";

/** Headers that carry payments. They end at the edge: the origin reads the grant, and API Gateway's header limit is small. */
export const PAYMENT_HEADERS: readonly string[] = [
  HEADER.paymentSignature,
  HEADER.xPayment,
  HEADER.invoice,
  HEADER.paymentReceipt,
  HEADER.paymentProof,
  HEADER.paymentSigner,
];

/** Every answer that a browser may need to read carries these. */
export const CORS_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers":
    "PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, Location, Retry-After, Server-Timing",
} as const;

/** Payments and goods must never come out of a cache. */
export const NO_STORE = { "cache-control": "no-store, private" } as const;
