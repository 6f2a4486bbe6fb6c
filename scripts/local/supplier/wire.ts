/** The simulated supplier's objects as eSIM Access writes them. Pure. */

import { type CatalogPackage, UNUSED_VALID_DAYS } from "./catalog.ts";
import type { Found } from "./ledger.ts";
import { operatorsIn } from "./locations.ts";

/** UTC, without milliseconds and with the zone's colon left out. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "+0000");

export function packageBody(item: CatalogPackage): object {
  return {
    packageCode: item.packageCode,
    slug: item.slug,
    name: item.name,
    price: Number(item.price),
    currencyCode: "USD",
    volume: Number(item.volumeBytes),
    smsStatus: 0,
    dataType: 1,
    unusedValidTime: UNUSED_VALID_DAYS,
    duration: item.days,
    durationUnit: "DAY",
    location: item.locations.join(","),
    activeType: 2,
    speed: "3G/4G/5G",
    supportTopUpType: 2,
    locationNetworkList: item.locations.map((location) => ({
      locationName: location,
      locationCode: location,
      operatorList: operatorsIn(location),
    })),
  };
}

/** @param reportedBytes what the supplier knows of the usage */
export function profileBody({ order, profile }: Found, reportedBytes: bigint): object {
  return {
    esimTranNo: profile.esimTranNo,
    orderNo: order.orderNo,
    transactionId: order.transactionId,
    iccid: profile.iccid,
    smsStatus: 0,
    ac: profile.ac,
    smdpStatus: profile.smdpStatus,
    eid: "",
    activeType: 2,
    dataType: 1,
    activateTime: profile.activatedAtMs === null ? null : timestamp(profile.activatedAtMs),
    expiredTime: timestamp(profile.expiresAtMs),
    totalVolume: Number(profile.totalBytes),
    totalDuration: profile.totalDays,
    durationUnit: "DAY",
    orderUsage: Number(reportedBytes),
    esimStatus: profile.esimStatus,
    pin: "",
    puk: "",
    apn: "internet.local.test",
    packageList: [
      {
        packageName: order.package.name,
        packageCode: order.packageCode,
        slug: order.package.slug,
        duration: order.package.days,
        volume: Number(order.package.volumeBytes),
        locationCode: order.package.locations.join(","),
        createTime: timestamp(order.createdAtMs),
      },
    ],
  };
}
