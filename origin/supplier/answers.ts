/** What eSIM Access's answers hold, parsed into the port's types. Unread fields are dropped, odd ones refused. Pure. */

import * as v from "valibot";
import { parseActivationCode } from "../esim/lpa.ts";
import type { Profile, SupplierPackage } from "./port.ts";
import { parseSupplierTime } from "./time.ts";

/** A whole number that some endpoints send as a number and others as text. */
const wholeNumber = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^-?[0-9]{1,30}$/))]),
  v.transform((value) => BigInt(value)),
);
const amount = v.pipe(wholeNumber, v.minValue(0n));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
/** Vendors write an absent text as null, "" or nothing. */
const optionalName = v.pipe(
  v.nullish(v.pipe(v.string(), v.maxLength(200)), ""),
  v.transform((value) => value || null),
);
const orEmpty = <const T extends v.GenericSchema>(item: T) => v.nullish(v.array(item), []);

export const orderAnswer = v.object({ orderNo: name, transactionId: optionalName });

export const balanceAnswer = v.object({ balance: wholeNumber });

const optionalTime = v.pipe(
  v.nullish(v.string(), ""),
  v.transform((text) => {
    const ms = parseSupplierTime(text);
    return ms === null ? null : new Date(ms).toISOString();
  }),
);

/** A profile, or null while the supplier is still filling it in. */
const profile = v.pipe(
  v.object({
    esimTranNo: name,
    orderNo: name,
    iccid: optionalName,
    ac: v.nullish(v.string()),
    apn: optionalName,
    smdpStatus: optionalName,
    esimStatus: optionalName,
    expiredTime: optionalTime,
    totalVolume: v.nullish(amount),
    orderUsage: v.nullish(amount),
    packageList: orEmpty(v.object({ packageCode: optionalName })),
  }),
  v.check((raw) => !raw.ac || parseActivationCode(raw.ac) !== null),
  v.transform((raw): Profile | null => {
    if (!raw.ac || raw.iccid === null) return null;
    return {
      esimTranNo: raw.esimTranNo,
      orderNo: raw.orderNo,
      iccid: raw.iccid,
      activationCode: raw.ac,
      apn: raw.apn,
      smdpStatus: raw.smdpStatus ?? "",
      esimStatus: raw.esimStatus ?? "",
      packageCode: raw.packageList[0]?.packageCode ?? null,
      expiresAt: raw.expiredTime,
      totalBytes: raw.totalVolume ?? null,
      usedBytes: raw.orderUsage ?? null,
    };
  }),
);

export const queryAnswer = v.object({
  esimList: v.array(profile),
  pager: v.nullish(v.object({ total: v.nullish(amount) })),
});

export const topUpAnswer = v.object({
  transactionId: optionalName,
  iccid: name,
  expiredTime: optionalTime,
  totalVolume: v.nullish(amount),
  orderUsage: v.nullish(amount),
});

export const usageAnswer = v.object({
  esimUsageList: v.array(
    v.object({ esimTranNo: name, dataUsage: amount, totalData: amount, lastUpdateTime: optionalTime }),
  ),
});

const network = v.object({
  locationCode: name,
  operatorList: orEmpty(v.object({ operatorName: name, networkType: optionalName })),
});

const supplierPackage = v.pipe(
  v.object({
    packageCode: name,
    slug: optionalName,
    name,
    price: amount,
    volume: amount,
    duration: v.pipe(amount, v.transform(Number)),
    durationUnit: name,
    location: v.pipe(v.string(), v.maxLength(4_000)),
    locationNetworkList: orEmpty(network),
  }),
  v.transform(
    (raw): SupplierPackage => ({
      packageCode: raw.packageCode,
      slug: raw.slug,
      name: raw.name,
      unitPrice: raw.price,
      volumeBytes: raw.volume,
      duration: raw.duration,
      durationUnit: raw.durationUnit,
      locations: raw.location
        .split(",")
        .map((code) => code.trim())
        .filter((code) => code !== ""),
      operators: raw.locationNetworkList.flatMap(({ locationCode, operatorList }) =>
        operatorList.map(({ operatorName, networkType }) => ({
          location: locationCode,
          name: operatorName,
          networkType,
        })),
      ),
    }),
  ),
);

export const packagesAnswer = v.object({ packageList: v.array(supplierPackage) });
