/** The simulated endpoints: each parses its request, asks the ledger, and shapes the answer as eSIM Access does. */

import type * as v from "valibot";
import { parseSupplierTime } from "../../../origin/supplier/time.ts";
import type { Found, Ledger } from "./ledger.ts";
import { reportedBytes, revoke, setSuspended } from "./profiles.ts";
import { RefusalError } from "./refusal.ts";
import {
  BAD_ORDER,
  BAD_PARAMETER,
  listRequest,
  orderRequest,
  parse,
  profileRequest,
  queryRequest,
  topUpRequest,
  usageRequest,
  webhookRequest,
} from "./requests.ts";
import { packageBody, profileBody, timestamp } from "./wire.ts";

/** What the endpoints work on. */
export interface Desk {
  readonly ledger: Ledger;
  readonly nowMs: number;
  /** Profiles that a page of `esim/query` holds at most, however many were asked for. */
  readonly maxPageSize: number;
  /** How late the network reports usage. Milliseconds. */
  readonly usageLagMs: number;
  /** Calls a new webhook once. @throws RefusalError when it does not answer */
  readonly saveWebhook: (url: string) => Promise<void>;
}

/** Answers with the envelope's `obj`. @throws RefusalError */
type Handler = (desk: Desk, body: unknown) => object | Promise<object>;

const ALLOCATING = "200010";
const NO_SUCH_ORDER = "310272";
const NO_SUCH_PROFILE = "310403";

const handlers = {
  "package/list": ({ ledger, nowMs }, body) => {
    const wanted = parse(listRequest, body, BAD_PARAMETER);
    const { iccid } = wanted;
    const fitting =
      iccid === undefined ? ledger.packages() : ledger.topUpsOf(readyProfile(ledger, { iccid }, nowMs));
    const packages = fitting
      .filter((item) => (wanted.type ?? "BASE") === item.type)
      .filter((item) => wanted.packageCode === undefined || wanted.packageCode === item.packageCode)
      .filter((item) => wanted.slug === undefined || wanted.slug === item.slug)
      .filter(({ locations, global }) => {
        if (!wanted.locationCode) return true;
        if (wanted.locationCode === "!GL") return global;
        if (wanted.locationCode === "!RG") return !global && locations.length > 1;
        return locations.includes(wanted.locationCode);
      });
    return { packageList: packages.map(packageBody) };
  },

  "esim/order": ({ ledger, nowMs }, body) => {
    const request = parse(orderRequest, body, BAD_ORDER);
    const [{ packageCode, count, price }] = request.packageInfoList;
    const order = ledger.order(
      {
        transactionId: request.transactionId,
        packageCode,
        count,
        price: price ?? null,
        amount: request.amount ?? null,
      },
      nowMs,
    );
    return { orderNo: order.orderNo, transactionId: order.transactionId };
  },

  "esim/query": (desk, body) => {
    const { pager, ...wanted } = parse(queryRequest, body, BAD_PARAMETER);
    const found = query(desk.ledger, wanted, desk.nowMs);
    const pageSize = Math.min(pager.pageSize, desk.maxPageSize);
    const start = (pager.pageNum - 1) * pageSize;
    return {
      esimList: found.slice(start, start + pageSize).map((one) => profileBody(one, reported(one, desk))),
      pager: { pageNum: pager.pageNum, pageSize, total: found.length },
    };
  },

  "esim/cancel": ({ ledger, nowMs }, body) => {
    ledger.cancel(readyProfile(ledger, body, nowMs));
    return {};
  },

  "esim/suspend": ({ ledger, nowMs }, body) => {
    setSuspended(readyProfile(ledger, body, nowMs).profile, true);
    return {};
  },

  "esim/unsuspend": ({ ledger, nowMs }, body) => {
    setSuspended(readyProfile(ledger, body, nowMs).profile, false);
    return {};
  },

  "esim/revoke": ({ ledger, nowMs }, body) => {
    revoke(readyProfile(ledger, body, nowMs).profile);
    return {};
  },

  "esim/topup": (desk, body) => {
    const { ledger, nowMs } = desk;
    const { packageCode, transactionId, amount = null } = parse(topUpRequest, body, BAD_PARAMETER);
    const target = readyProfile(ledger, body, nowMs);
    const topped = ledger.topUp(target, { packageCode, transactionId, amount }, nowMs);
    const { profile } = topped;
    return {
      transactionId,
      iccid: profile.iccid,
      expiredTime: timestamp(profile.expiresAtMs),
      totalVolume: Number(profile.totalBytes),
      totalDuration: profile.totalDays,
      orderUsage: Number(reported(topped, desk)),
      topUpEsimTranNo: profile.esimTranNo,
    };
  },

  "esim/usage/query": (desk, body) => {
    const { esimTranNoList } = parse(usageRequest, body, BAD_PARAMETER);
    const found = desk.ledger.find(({ profile }) => esimTranNoList.includes(profile.esimTranNo));
    return {
      esimUsageList: found.map((one) => ({
        esimTranNo: one.profile.esimTranNo,
        dataUsage: Number(reported(one, desk)),
        totalData: Number(one.profile.totalBytes),
        lastUpdateTime: timestamp(desk.nowMs - desk.usageLagMs),
      })),
    };
  },

  "balance/query": ({ ledger }) => ({ balance: Number(ledger.balance) }),

  "webhook/save": async ({ saveWebhook }, body) => {
    await saveWebhook(parse(webhookRequest, body, BAD_PARAMETER).webhook);
    return {};
  },

  "webhook/query": ({ ledger }) => ({ webhook: ledger.webhook ?? "" }),
} as const satisfies Record<string, Handler>;

export type Endpoint = keyof typeof handlers;

const readOnly: ReadonlySet<Endpoint> = new Set([
  "package/list",
  "esim/query",
  "esim/usage/query",
  "balance/query",
  "webhook/query",
]);

/** Whether there may be something new to remember after a request. */
export function changesLedger(endpoint: Endpoint): boolean {
  return !readOnly.has(endpoint);
}

/** Whether there is an endpoint of this name. */
export function isEndpoint(name: string): name is Endpoint {
  return Object.hasOwn(handlers, name);
}

/** Does an endpoint's work. @returns the envelope's `obj` @throws RefusalError */
export async function handle(endpoint: Endpoint, desk: Desk, body: unknown): Promise<object> {
  const handler: Handler = handlers[endpoint];
  return handler(desk, body);
}

/** The usage that the supplier knows of. */
function reported({ profile }: Found, { nowMs, usageLagMs }: Desk): bigint {
  return reportedBytes(profile, nowMs - usageLagMs);
}

function query(
  ledger: Ledger,
  wanted: Omit<v.InferOutput<typeof queryRequest>, "pager">,
  nowMs: number,
): Found[] {
  const { orderNo } = wanted;
  if (orderNo !== undefined) {
    const order = ledger.orders.find((candidate) => candidate.orderNo === orderNo);
    if (order === undefined) throw new RefusalError(NO_SUCH_ORDER);
    if (nowMs < order.readyAtMs) throw new RefusalError(ALLOCATING);
    return order.profiles.map((profile) => ({ order, profile }));
  }
  if (wanted.esimTranNo !== undefined || wanted.iccid !== undefined) {
    return [readyProfile(ledger, wanted, nowMs)];
  }
  const start = parseSupplierTime(wanted.startTime ?? "");
  const end = parseSupplierTime(wanted.endTime ?? "");
  if (start === null || end === null) throw new RefusalError(BAD_PARAMETER);
  return ledger.find(
    ({ order }) => order.createdAtMs >= start && order.createdAtMs <= end && nowMs >= order.readyAtMs,
  );
}

function readyProfile(ledger: Ledger, body: unknown, nowMs: number): Found {
  const { esimTranNo, iccid } = parse(profileRequest, body, BAD_PARAMETER);
  if (esimTranNo === undefined && iccid === undefined) throw new RefusalError(BAD_PARAMETER);
  const [found] = ledger.find(({ profile }) =>
    esimTranNo === undefined ? profile.iccid === iccid : profile.esimTranNo === esimTranNo,
  );
  if (found === undefined) throw new RefusalError(NO_SUCH_PROFILE);
  if (nowMs < found.order.readyAtMs) throw new RefusalError(ALLOCATING);
  return found;
}
