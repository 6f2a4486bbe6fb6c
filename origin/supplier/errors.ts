/** Every error code that eSIM Access documents, what it means, and what to do about it. Pure. */

/** Why the supplier said no. */
export type SupplierRefusal =
  | "server_error"
  | "busy"
  | "clock_rejected"
  | "allocating"
  | "package_unavailable"
  | "out_of_stock"
  | "price_moved"
  | "insufficient_balance"
  | "access_denied"
  | "order_abnormal"
  | "order_missing"
  | "profile_missing"
  | "wrong_status"
  | "invalid_request"
  | "unrecognized";

/**
 * What the buyer of wholesale should do next.
 *
 * - `retry`: send the same request again a little later. An order must keep its `transactionId`: a server that
 *   failed may have booked the first one.
 * - `wait`: nothing is wrong, ask again.
 * - `alternate_package`: this package can't be had; another one may serve the same plan (as a new transaction).
 * - `reprice`: look the price up and decide again.
 * - `operator`: only a person can mend it (credentials, balance, a broken order). Don't keep the customer waiting.
 * - `invalid`: the request can never succeed as it is.
 */
export type Disposition = "retry" | "wait" | "alternate_package" | "reprice" | "operator" | "invalid";

export const dispositions: Readonly<Record<SupplierRefusal, Disposition>> = {
  server_error: "retry",
  busy: "retry",
  // The next try is signed with a fresh timestamp.
  clock_rejected: "retry",
  allocating: "wait",
  package_unavailable: "alternate_package",
  out_of_stock: "alternate_package",
  price_moved: "reprice",
  insufficient_balance: "operator",
  access_denied: "operator",
  order_abnormal: "operator",
  // We only ask for orders that the supplier gave us the number of.
  order_missing: "operator",
  unrecognized: "operator",
  profile_missing: "invalid",
  wrong_status: "invalid",
  invalid_request: "invalid",
};

/** The code of a refusal that never left this process: a full queue, or a request the supplier would misread. */
export const LOCAL_CODE = "local";

/** No error: what `errorCode` holds in a good answer, besides null. */
const SUCCESS_CODE = /^0*$/;
/** Codes are six digits. Anything else is kept only if it is too short to smuggle a secret into a log. */
const PRINTABLE_CODE = /^[A-Za-z0-9_-]{1,16}$/;
const CODE_DIGITS = 6;

// A Map, because a hostile code such as "constructor" finds something in every plain object.
const reasons: ReadonlyMap<string, SupplierRefusal> = new Map([
  ["000001", "server_error"],
  ["000101", "access_denied"],
  ["000102", "access_denied"],
  ["000103", "invalid_request"],
  ["000104", "invalid_request"],
  ["000105", "invalid_request"],
  ["000106", "invalid_request"],
  ["000107", "invalid_request"],
  ["101001", "clock_rejected"],
  ["101002", "access_denied"],
  ["101003", "access_denied"],
  ["200002", "wrong_status"],
  ["200005", "price_moved"],
  ["200006", "price_moved"],
  ["200007", "insufficient_balance"],
  ["200008", "invalid_request"],
  ["200009", "order_abnormal"],
  ["200010", "allocating"],
  ["200011", "out_of_stock"],
  ["310201", "package_unavailable"],
  ["310211", "package_unavailable"],
  ["310221", "package_unavailable"],
  ["310231", "package_unavailable"],
  ["310241", "package_unavailable"],
  ["310243", "package_unavailable"],
  ["310251", "package_unavailable"],
  ["310272", "order_missing"],
  ["310403", "profile_missing"],
  ["900001", "busy"],
]);

/** All codes that have a meaning of their own. */
export const documentedCodes: readonly string[] = [...reasons.keys()];

/** What a code means; `unrecognized` for one that nobody documented. */
export function refusalOf(code: string): SupplierRefusal {
  return reasons.get(code) ?? "unrecognized";
}

/**
 * The error code in an answer, fit for a log, or null when it reports no error.
 *
 * A code sent as a number lost its leading zeros, so they are put back.
 */
export function normalizeCode(raw: string | number | null | undefined): string | null {
  const text = String(raw ?? "").trim();
  if (SUCCESS_CODE.test(text)) return null;
  const code = typeof raw === "number" ? text.padStart(CODE_DIGITS, "0") : text;
  return PRINTABLE_CODE.test(code) ? code : "unprintable";
}
