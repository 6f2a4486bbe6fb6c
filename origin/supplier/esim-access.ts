/** The eSIM Access client: the supplier's ports over that vendor's HTTP API. */

import { balanceAnswer, orderAnswer, packagesAnswer, queryAnswer } from "./answers.ts";
import { parseAnswer } from "./envelope.ts";
import { LOCAL_CODE } from "./errors.ts";
import { createLifecycle } from "./esim-access-lifecycle.ts";
import type { SupplierLifecycle } from "./lifecycle.ts";
import {
  MAX_PROFILES_PER_ORDER,
  MAX_TRANSACTION_ID_LENGTH,
  type OrderRequest,
  type OrderResult,
  type Profile,
  type QueryResult,
  type Supplier,
} from "./port.ts";
import { createTransport, type EsimAccessOptions, type Post } from "./transport.ts";

export type { EsimAccessOptions } from "./transport.ts";

/** One order fits into one page, unless the supplier makes its pages smaller. */
const PAGE_SIZE = 50;
/** A supplier that promises ever more pages is broken. */
const MAX_PAGES = 10;

export interface EsimAccess extends Supplier, SupplierLifecycle {}

/** @throws TypeError when the options could only ever fail */
export function createEsimAccess(options: EsimAccessOptions): EsimAccess {
  const post = createTransport(options);
  return {
    ...createLifecycle(post),
    order: (request) => order(post, request),
    profiles: (orderNo) => profiles(post, orderNo),
    async balance() {
      const answer = parseAnswer(await post("balance/query", {}), balanceAnswer);
      return answer.kind === "ok" ? { kind: "ok", balance: answer.value.balance } : answer;
    },
    async packages(filter) {
      const answer = parseAnswer(await post("package/list", { type: "BASE", ...filter }), packagesAnswer);
      return answer.kind === "ok" ? { kind: "ok", packages: answer.value.packageList } : answer;
    },
    async cancel(esimTranNo) {
      const answer = await post("esim/cancel", { esimTranNo });
      return answer.kind === "ok" ? { kind: "cancelled" } : answer;
    },
  };
}

async function order(post: Post, request: OrderRequest): Promise<OrderResult> {
  if (!isOrderable(request)) return { kind: "refused", reason: "invalid_request", code: LOCAL_CODE };
  const { transactionId, packageCode, count, unitPrice } = request;
  const total = unitPrice * BigInt(count);
  const opened = await post("esim/order", {
    transactionId,
    amount: Number(total),
    packageInfoList: [{ packageCode, count, price: Number(unitPrice) }],
  });
  const answer = parseAnswer(opened, orderAnswer);
  if (answer.kind !== "ok") return answer;
  const { orderNo, transactionId: echoed } = answer.value;
  // Another transaction's order number would hand that customer's eSIMs to this one.
  if (echoed !== null && echoed !== transactionId) return { kind: "unknown", detail: "bad_answer" };
  return { kind: "ordered", orderNo };
}

/** Whether the supplier can read the request as it is meant; a transaction id that it cut short might not be ours alone. */
function isOrderable({ transactionId, packageCode, count, unitPrice }: OrderRequest): boolean {
  const total = unitPrice * BigInt(Number.isSafeInteger(count) ? count : 0);
  return (
    transactionId.length > 0 &&
    transactionId.length <= MAX_TRANSACTION_ID_LENGTH &&
    packageCode.length > 0 &&
    Number.isSafeInteger(count) &&
    count > 0 &&
    count <= MAX_PROFILES_PER_ORDER &&
    unitPrice >= 0n &&
    total <= BigInt(Number.MAX_SAFE_INTEGER)
  );
}

async function profiles(post: Post, orderNo: string): Promise<QueryResult> {
  const found = new Map<string, Profile>();
  for (let pageNum = 1; pageNum <= MAX_PAGES; pageNum++) {
    const opened = await post("esim/query", { orderNo, pager: { pageNum, pageSize: PAGE_SIZE } });
    if (opened.kind === "refused" && opened.reason === "allocating") return { kind: "allocating" };
    const answer = parseAnswer(opened, queryAnswer);
    if (answer.kind !== "ok") return answer;
    const { esimList, pager } = answer.value;
    for (const profile of esimList) {
      if (profile === null) return { kind: "allocating" };
      // The wrong order's eSIMs belong to another customer.
      if (profile.orderNo !== orderNo) return { kind: "unknown", detail: "bad_answer" };
      found.set(profile.esimTranNo, profile);
    }
    const more = pager?.total ? BigInt(found.size) < pager.total : esimList.length >= PAGE_SIZE;
    if (!more)
      return found.size === 0 ? { kind: "allocating" } : { kind: "ready", profiles: [...found.values()] };
  }
  return { kind: "unknown", detail: "bad_answer" };
}
