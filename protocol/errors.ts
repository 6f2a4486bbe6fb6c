/**
 * Every error that an agent can meet, with its stable code, and what it may do next.
 *
 * Answers are RFC 9457 problem details. `retry_action` is written for a program that holds money: it may sign again
 * only where it says `resign`.
 */

/** What an agent should do now. `resign` is given only when the earlier authorization can no longer be taken. */
export type RetryAction =
  | "resign"
  | "retry_same_payment"
  | "poll"
  | "wait_and_retry"
  | "abandon"
  | "human_required";

/** What became of the money. */
export type PaymentState = "unused" | "in_flight" | "settled" | "refunded";

/** A tuple: V8 makes a table of them in one go, and every cold start makes this one. */
type ErrorRow = readonly [
  status: number,
  title: string,
  retryAction: RetryAction,
  /** Where nothing is known it is `in_flight`: nobody should sign again on the strength of it. */
  paymentState: PaymentState,
];

export const errorTable = {
  path_malformed: [400, "The path is not in canonical form", "abandon", "unused"],
  query_malformed: [400, "The query string can't be read", "abandon", "unused"],
  route_not_found: [404, "Nothing is sold or served here", "abandon", "unused"],
  method_not_allowed: [405, "The method is not allowed here", "abandon", "unused"],
  body_too_large: [413, "The request body is too large", "abandon", "unused"],
  body_malformed: [400, "The request body is not strict JSON", "abandon", "unused"],
  body_invalid: [400, "A field of the request body is wrong", "abandon", "unused"],
  plan_unknown: [422, "There is no such plan", "abandon", "unused"],
  region_unknown: [422, "There is no such region", "abandon", "unused"],
  carrier_unknown: [422, "There is no such carrier", "abandon", "unused"],
  package_unavailable: [422, "Nothing on sale has that much data there", "abandon", "unused"],
  chain_unsupported: [422, "Payment on this chain is not accepted", "abandon", "unused"],
  agent_id_invalid: [400, "X-Agent-ID is malformed", "abandon", "unused"],
  payment_required: [402, "Payment is required", "resign", "unused"],
  payment_header_conflict: [400, "More than one payment was sent", "abandon", "unused"],
  payment_header_too_large: [400, "The payment header is too large", "abandon", "unused"],
  payment_not_base64: [400, "The payment header is not strict base64", "abandon", "unused"],
  payment_not_json: [400, "The payment is not strict JSON", "abandon", "unused"],
  payment_malformed: [400, "A field of the payment is malformed", "abandon", "unused"],
  payment_scheme_unsupported: [402, "Only the scheme exact with EIP-3009 is accepted", "resign", "unused"],
  payment_network_unsupported: [402, "Payment on this network is not accepted", "resign", "unused"],
  payment_terms_mismatch: [402, "The accepted terms are not the ones offered", "resign", "unused"],
  payment_recipient_mismatch: [402, "The payment is to somebody else", "resign", "unused"],
  payment_amount_mismatch: [402, "The payment is not the price", "resign", "unused"],
  payment_not_yet_valid: [402, "The authorization is not valid yet", "resign", "unused"],
  payment_expired: [402, "The authorization has expired", "resign", "unused"],
  payment_window_too_long: [402, "The authorization is valid for too long", "resign", "unused"],
  payment_signature_invalid: [402, "The signature is not the payer's", "resign", "unused"],
  invoice_missing: [402, "The payment came without its invoice", "resign", "unused"],
  invoice_invalid: [402, "The invoice is not one of ours", "resign", "unused"],
  invoice_expired: [402, "The invoice has expired", "resign", "unused"],
  payment_rejected: [402, "The facilitator rejected the payment", "resign", "unused"],
  insufficient_funds: [402, "The payer's USDC balance is too low", "human_required", "unused"],
  // It may have been taken for that one.
  payment_for_other_request: [409, "This payment was made for another request", "abandon", "in_flight"],
  payment_already_used: [409, "This payment has already been used", "abandon", "settled"],
  payment_void: [402, "The payment never settled and no longer can", "resign", "unused"],
  facilitator_unavailable: [
    503,
    "The payment can't be checked right now",
    "retry_same_payment",
    // Not unused: another copy of it may be settling at this moment.
    "in_flight",
  ],
  grant_required: [403, "This origin answers only its gateway", "abandon", "unused"],
  grant_invalid: [403, "The gateway's grant does not hold for this request", "abandon", "in_flight"],
  access_token_required: [401, "The order's access token is required", "abandon", "in_flight"],
  access_token_invalid: [403, "This access token does not open this order", "abandon", "in_flight"],
  order_not_found: [404, "There is no such order", "abandon", "in_flight"],
  esim_not_found: [404, "This order has no such eSIM", "abandon", "settled"],
  esim_returned: [410, "This eSIM was given back", "abandon", "refunded"],
  esim_installed: [409, "A phone has this eSIM, so it can't be given back", "abandon", "settled"],
  esim_suspended: [409, "A suspended eSIM can't be given back; resume it first", "abandon", "settled"],
  esim_not_in_use: [409, "Only an eSIM that is in use can be suspended", "abandon", "settled"],
  esim_disputed: [409, "This eSIM's usage is disputed, so it stays suspended", "human_required", "settled"],
  esim_ended: [409, "This eSIM has ended", "abandon", "settled"],
  refund_under_way: [409, "Another part of this order is being refunded", "wait_and_retry", "settled"],
  allotment_pending: [409, "The allotment is still on its way", "wait_and_retry", "settled"],
  allotment_exhausted: [409, "Every eSIM of the allotment is drawn", "abandon", "settled"],
  allotment_closed: [409, "Nothing can be drawn from this allotment any more", "abandon", "settled"],
  supplier_unavailable: [503, "The eSIM's supplier does not answer", "wait_and_retry", "settled"],
  fallback_delivered: [
    409,
    "The order's fallback was delivered, so neither eSIM can be given back",
    "abandon",
    "settled",
  ],
  other_esim_kept: [409, "The order's other eSIM was kept, and this one given back", "abandon", "settled"],
  fulfilment_failed: [502, "The goods could not be delivered", "poll", "settled"],
  payment_proof_malformed: [400, "The transaction hash or its signature is malformed", "abandon", "unused"],
  payment_proof_failed: [402, "This transaction did not pay this invoice", "resign", "unused"],
  payment_unconfirmed: [402, "The transaction has too few confirmations", "wait_and_retry", "in_flight"],
  goods_unavailable: [503, "The goods can't be had now; nothing was charged", "abandon", "unused"],
  idempotency_key_malformed: [400, "Idempotency-Key is malformed", "abandon", "unused"],
  payment_identifier_malformed: [400, "The payment identifier is malformed", "abandon", "unused"],
  payment_unresolved: [
    503,
    "Whether the payment settled can't be seen right now",
    "retry_same_payment",
    "in_flight",
  ],
  purchase_unrecorded: [503, "The purchase could not be recorded", "retry_same_payment", "in_flight"],
  gateway_not_ready: [503, "The gateway is not ready", "retry_same_payment", "in_flight"],
  not_ready: [503, "The service is not ready", "wait_and_retry", "unused"],
  internal_error: [500, "Something broke on our side", "retry_same_payment", "in_flight"],
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail?: string;
  readonly retry_action: RetryAction;
  readonly payment_state: PaymentState;
}

export interface ProblemDetails {
  /** One sentence on this very case. Never holds a secret or a facilitator's text. */
  readonly detail?: string;
  readonly paymentState?: PaymentState;
  readonly retryAction?: RetryAction;
}

/** The problem details object for a code. */
export function problem(code: ErrorCode, details: ProblemDetails = {}): Problem {
  const [status, title, retryAction, paymentState]: ErrorRow = errorTable[code];
  return {
    type: `urn:edge402:error:${code}`,
    title,
    status,
    code,
    ...(details.detail === undefined ? {} : { detail: details.detail }),
    retry_action: details.retryAction ?? retryAction,
    payment_state: details.paymentState ?? paymentState,
  };
}
