/** Makes the numbers that a supplier hands out: they look random, and are the same again for the same seed. */

import { createHash } from "node:crypto";
import { formatActivationCode } from "../../../origin/esim/lpa.ts";
import { completeIccid } from "./iccid.ts";

/** The name of the server that would hold the profiles. It resolves nowhere. */
export const SMDP_ADDRESS = "rsp.local.test";

/** 89 for telecoms, 852 for a Hong Kong issuer, 99 for one that does not exist. */
const ICCID_PREFIX = "8985299";
const ICCID_BODY_DIGITS = 18;
const MATCHING_ID_LENGTH = 32;

export interface Identity {
  readonly esimTranNo: string;
  readonly iccid: string;
  /** The activation code. */
  readonly ac: string;
}

export class Identities {
  readonly seed: string;
  #count: number;

  /** @param issued how many numbers this seed has given already */
  constructor(seed: string, issued: number) {
    this.seed = seed;
    this.#count = issued;
  }

  get issued(): number {
    return this.#count;
  }

  orderNo(): string {
    return `B${this.#digits(this.#next("order"), 17)}`;
  }

  profile(): Identity {
    const hash = this.#next("profile");
    // The counter makes it unique; random digits alone would meet again among some ten million.
    const serial = String(this.#count).padStart(6, "0");
    const filler = this.#digits(hash, ICCID_BODY_DIGITS - ICCID_PREFIX.length - serial.length);
    return {
      esimTranNo: this.#digits(hash, 17),
      iccid: completeIccid(ICCID_PREFIX + filler + serial),
      ac: formatActivationCode({
        smdpAddress: SMDP_ADDRESS,
        matchingId: hash.slice(0, MATCHING_ID_LENGTH).toUpperCase(),
        smdpOid: null,
        confirmationRequired: false,
      }),
    };
  }

  #next(what: string): string {
    this.#count += 1;
    return createHash("sha256").update(`${this.seed}/${what}/${this.#count}`).digest("hex");
  }

  #digits(hash: string, length: number): string {
    return BigInt(`0x${hash}`).toString().slice(-length).padStart(length, "0");
  }
}
