/** Numbers modulo secp256k1's p, in places of one memory that are never given back. Nothing here is secret. */

import { start } from "../webassembly/start.ts";
import { fieldModule } from "./field-code.ts";
import { B3_AT, LIMB_BITS, LIMBS, PLACE_BYTES, RESERVED_BYTES } from "./layout.ts";
import { modulo, P } from "./scalar.ts";

/** Where a number lies: its offset in memory. */
export type Place = number;

type Operation = (out: Place, left: Place, right: Place) => void;

const LIMB_MASK = 2n ** BigInt(LIMB_BITS) - 1n;

export interface Field {
  /** A new place, which holds 0. */
  readonly place: (value?: bigint) => Place;
  readonly write: (place: Place, value: bigint) => void;
  /** Its value, 0 to p − 1. */
  readonly read: (place: Place) => bigint;
  readonly mul: Operation;
  readonly add: Operation;
  readonly sub: Operation;
  /** p + (x, y, z), for any two points, those at p and out being three numbers in a row. */
  readonly addTo: (out: Place, p: Place, x: Place, y: Place, z: Place) => void;
  /** 2 p, for any point. */
  readonly double: (out: Place, p: Place) => void;
  /** A number becomes its square, so many times. */
  readonly square: (place: Place, times: number) => void;
}

export function field(): Field {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const limbs = new Int32Array(memory.buffer);
  const bytes = typeof EDGE402_FIELD === "string" ? Buffer.from(EDGE402_FIELD, "base64") : fieldModule();
  const operation = start(bytes, memory);
  let used = RESERVED_BYTES;
  const write = (place: Place, value: bigint) => {
    for (let limb = 0, rest = value; limb < LIMBS; limb++, rest >>= BigInt(LIMB_BITS)) {
      limbs[place / 4 + limb] = Number(rest & LIMB_MASK);
    }
  };
  const [double, square] = [operation("double"), operation("square")];
  write(B3_AT, 21n);
  return {
    place(value) {
      const place = used;
      used += PLACE_BYTES;
      // Memory begins as zeros.
      if (value !== undefined) write(place, value);
      return place;
    },
    write,
    read(place) {
      let value = 0n;
      for (const limb of limbs.subarray(place / 4, place / 4 + LIMBS).toReversed()) {
        value = (value << BigInt(LIMB_BITS)) + BigInt(limb);
      }
      return modulo(value, P);
    },
    mul: operation("mul"),
    add: operation("add"),
    sub: operation("sub"),
    addTo: operation("addTo"),
    double: (out, p) => double(out, p, 0),
    square: (place, times) => square(place, times, 0),
  };
}
