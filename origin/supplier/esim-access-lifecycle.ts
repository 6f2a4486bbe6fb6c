/** The eSIM Access client's second half: what happens to an eSIM after it was bought. */

import { queryAnswer, topUpAnswer, usageAnswer } from "./answers.ts";
import { parseAnswer } from "./envelope.ts";
import { LOCAL_CODE } from "./errors.ts";
import {
  MAX_USAGE_PROFILES,
  type ProfileName,
  type ProfileResult,
  type SupplierLifecycle,
  type TopUpRequest,
  type TopUpResult,
  type Usage,
  type UsageResult,
} from "./lifecycle.ts";
import { MAX_TRANSACTION_ID_LENGTH, type Refused } from "./port.ts";
import { isSecureUrl, type Post } from "./transport.ts";

/** The smallest page that the supplier makes. A name has one eSIM. */
const PAGE = { pageNum: 1, pageSize: 5 } as const;

/** A request that the supplier could only misread. */
const INVALID: Refused = { kind: "refused", reason: "invalid_request", code: LOCAL_CODE };

export function createLifecycle(post: Post): SupplierLifecycle {
  return {
    topUp: (request) => topUp(post, request),
    async suspend(esimTranNo) {
      const answer = await post("esim/suspend", { esimTranNo });
      return answer.kind === "ok" ? { kind: "suspended" } : answer;
    },
    async resume(esimTranNo) {
      const answer = await post("esim/unsuspend", { esimTranNo });
      return answer.kind === "ok" ? { kind: "resumed" } : answer;
    },
    async revoke(esimTranNo) {
      const answer = await post("esim/revoke", { esimTranNo });
      return answer.kind === "ok" ? { kind: "revoked" } : answer;
    },
    usage: (esimTranNos) => usage(post, esimTranNos),
    profileOf: (name) => profileOf(post, name),
    async saveWebhook(url) {
      if (!isSecureUrl(url)) return INVALID;
      const answer = await post("webhook/save", { webhook: url });
      return answer.kind === "ok" ? { kind: "saved" } : answer;
    },
  };
}

async function topUp(post: Post, request: TopUpRequest): Promise<TopUpResult> {
  const { esimTranNo, packageCode, transactionId, price } = request;
  if (!isSendable(request)) return INVALID;
  const opened = await post("esim/topup", {
    esimTranNo,
    packageCode,
    transactionId,
    amount: Number(price),
  });
  const answer = parseAnswer(opened, topUpAnswer);
  if (answer.kind !== "ok") return answer;
  const { transactionId: echoed, iccid, expiredTime, totalVolume, orderUsage } = answer.value;
  if (echoed !== null && echoed !== transactionId) return { kind: "unknown", detail: "bad_answer" };
  return {
    kind: "topped_up",
    iccid,
    expiresAt: expiredTime,
    totalBytes: totalVolume ?? null,
    usedBytes: orderUsage ?? null,
  };
}

function isSendable({ esimTranNo, packageCode, transactionId, price }: TopUpRequest): boolean {
  return (
    esimTranNo.length > 0 &&
    packageCode.length > 0 &&
    transactionId.length > 0 &&
    transactionId.length <= MAX_TRANSACTION_ID_LENGTH &&
    price >= 0n &&
    price <= BigInt(Number.MAX_SAFE_INTEGER)
  );
}

/** One request after the other: all at once they would use up the rate limit that orders need as well. */
async function usage(post: Post, esimTranNos: readonly string[]): Promise<UsageResult> {
  const found: Usage[] = [];
  for (let start = 0; start < esimTranNos.length; start += MAX_USAGE_PROFILES) {
    const asked = esimTranNos.slice(start, start + MAX_USAGE_PROFILES);
    const answer = parseAnswer(await post("esim/usage/query", { esimTranNoList: asked }), usageAnswer);
    if (answer.kind !== "ok") return answer;
    for (const { esimTranNo, dataUsage, totalData, lastUpdateTime } of answer.value.esimUsageList) {
      // Another customer's usage must not be counted as this one's.
      if (!asked.includes(esimTranNo)) return { kind: "unknown", detail: "bad_answer" };
      found.push({ esimTranNo, usedBytes: dataUsage, totalBytes: totalData, updatedAt: lastUpdateTime });
    }
  }
  return { kind: "ok", usage: found };
}

async function profileOf(post: Post, name: ProfileName): Promise<ProfileResult> {
  const opened = await post("esim/query", { ...name, pager: PAGE });
  if (opened.kind === "refused" && opened.reason === "allocating") return { kind: "allocating" };
  const answer = parseAnswer(opened, queryAnswer);
  if (answer.kind !== "ok") return answer;
  const [profile, ...others] = answer.value.esimList;
  // Two customers may have had one ICCID, and nothing in the answer tells which of them is meant.
  if (profile === undefined || others.length > 0) return { kind: "unknown", detail: "bad_answer" };
  if (profile === null) return { kind: "allocating" };
  const isTheOne =
    "esimTranNo" in name ? profile.esimTranNo === name.esimTranNo : profile.iccid === name.iccid;
  return isTheOne ? { kind: "found", profile } : { kind: "unknown", detail: "bad_answer" };
}
