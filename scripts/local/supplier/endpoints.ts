/** The simulated endpoints: each parses its request, asks the ledger, and shapes the answer as eSIM Access does. */

import * as v from "valibot";
import { MAX_PROFILES_PER_ORDER, MAX_TRANSACTION_ID_LENGTH } from "../../../origin/supplier/port.ts";
import { parseSupplierTime } from "../../../origin/supplier/time.ts";
import { type Found, type Ledger, RefusalError, revoke, setSuspended } from "./ledger.ts";
import { packageBody, profileBody, timestamp } from "./wire.ts";

/** Answers with the envelope's `obj`. @throws RefusalError */
type Handler = (ledger: Ledger, body: unknown, nowMs: number, limits: Limits) => object;

export interface Limits {
  /** Profiles that a page of `esim/query` holds at most, however many were asked for. */
  readonly maxPageSize: number;
}

const BAD_PARAMETER = "000106";
const BAD_ORDER = "200008";
const ALLOCATING = "200010";
const NO_SUCH_ORDER = "310272";
const NO_SUCH_PROFILE = "310403";

const MIN_PAGE_SIZE = 5;
const MAX_PAGE_SIZE = 500;
const MAX_USAGE_PROFILES = 10;

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const transactionId = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TRANSACTION_ID_LENGTH));
const atomicUnits = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
  v.transform((value) => BigInt(value)),
);

const listRequest = v.object({
  locationCode: v.optional(v.string()),
  type: v.optional(v.picklist(["BASE", "TOPUP"])),
  packageCode: v.optional(v.string()),
  slug: v.optional(v.string()),
});

/** One package an order, which is all that edge402 asks for; the real supplier takes several. */
const orderRequest = v.object({
  transactionId,
  amount: v.optional(atomicUnits),
  packageInfoList: v.tuple([
    v.object({
      packageCode: text,
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PROFILES_PER_ORDER)),
      price: v.optional(atomicUnits),
    }),
  ]),
});

const profileRequest = v.object({ esimTranNo: v.optional(text), iccid: v.optional(text) });

const queryRequest = v.object({
  ...profileRequest.entries,
  orderNo: v.optional(text),
  startTime: v.optional(text),
  endTime: v.optional(text),
  pager: v.object({
    pageNum: v.pipe(v.number(), v.integer(), v.minValue(1)),
    pageSize: v.pipe(v.number(), v.integer(), v.minValue(MIN_PAGE_SIZE), v.maxValue(MAX_PAGE_SIZE)),
  }),
});

const topupRequest = v.object({ ...profileRequest.entries, packageCode: text, transactionId });

const usageRequest = v.object({
  esimTranNoList: v.pipe(v.array(text), v.minLength(1), v.maxLength(MAX_USAGE_PROFILES)),
});

const handlers = {
  "package/list": (ledger, body) => {
    const wanted = parse(listRequest, body, BAD_PARAMETER);
    const packages = ledger
      .packages()
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

  "esim/order": (ledger, body, nowMs) => {
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

  "esim/query": (ledger, body, nowMs, { maxPageSize }) => {
    const { pager, ...wanted } = parse(queryRequest, body, BAD_PARAMETER);
    const found = query(ledger, wanted, nowMs);
    const pageSize = Math.min(pager.pageSize, maxPageSize);
    const start = (pager.pageNum - 1) * pageSize;
    return {
      esimList: found.slice(start, start + pageSize).map(profileBody),
      pager: { pageNum: pager.pageNum, pageSize, total: found.length },
    };
  },

  "esim/cancel": (ledger, body, nowMs) => {
    ledger.cancel(readyProfile(ledger, body, nowMs));
    return {};
  },

  "esim/suspend": (ledger, body, nowMs) => {
    setSuspended(readyProfile(ledger, body, nowMs), true);
    return {};
  },

  "esim/unsuspend": (ledger, body, nowMs) => {
    setSuspended(readyProfile(ledger, body, nowMs), false);
    return {};
  },

  "esim/revoke": (ledger, body, nowMs) => {
    revoke(readyProfile(ledger, body, nowMs));
    return {};
  },

  "esim/topup": (ledger, body, nowMs) => {
    const request = parse(topupRequest, body, BAD_PARAMETER);
    const target = readyProfile(ledger, body, nowMs);
    const { profile } = ledger.topup(target, request.packageCode, request.transactionId, nowMs);
    return {
      transactionId: request.transactionId,
      iccid: profile.iccid,
      expiredTime: timestamp(profile.expiresAtMs),
      totalVolume: Number(profile.totalBytes),
      totalDuration: profile.totalDays,
      orderUsage: Number(profile.usedBytes),
      topUpEsimTranNo: profile.esimTranNo,
    };
  },

  "esim/usage/query": (ledger, body, nowMs) => {
    const { esimTranNoList } = parse(usageRequest, body, BAD_PARAMETER);
    const found = ledger.find(({ profile }) => esimTranNoList.includes(profile.esimTranNo));
    return {
      esimUsageList: found.map(({ profile }) => ({
        esimTranNo: profile.esimTranNo,
        dataUsage: Number(profile.usedBytes),
        totalData: Number(profile.totalBytes),
        lastUpdateTime: timestamp(nowMs),
      })),
    };
  },

  "balance/query": (ledger) => ({ balance: Number(ledger.balance) }),
} as const satisfies Record<string, Handler>;

export type Endpoint = keyof typeof handlers;

const readOnly: ReadonlySet<Endpoint> = new Set([
  "package/list",
  "esim/query",
  "esim/usage/query",
  "balance/query",
]);

/** Whether there may be something new to remember after a request. */
export function changesLedger(endpoint: Endpoint): boolean {
  return !readOnly.has(endpoint);
}

/** Whether there is an endpoint of this name. */
export function isEndpoint(name: string): name is Endpoint {
  return Object.hasOwn(handlers, name);
}

/**
 * Does an endpoint's work.
 *
 * @returns the envelope's `obj`
 * @throws RefusalError
 */
export function handle(
  endpoint: Endpoint,
  ledger: Ledger,
  body: unknown,
  nowMs: number,
  limits: Limits,
): object {
  const handler: Handler = handlers[endpoint];
  return handler(ledger, body, nowMs, limits);
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

function parse<T extends v.GenericSchema>(schema: T, body: unknown, code: string): v.InferOutput<T> {
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) throw new RefusalError(code);
  return parsed.output;
}
