/** Rows on the fields of a payment: what it pays, to whom, when, by whose signature. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, type Hex, hexToBytes } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { MAX_SIGNATURE_BYTES } from "../../../protocol/payment.ts";
import { PAYER } from "../../builders/payment.ts";
import {
  authorized,
  bothVersions,
  type Entry,
  field,
  forVersion,
  type Row,
  signature,
  signed,
} from "./purchase.ts";

const MALFORMED = [400, "payment_malformed"] as const;
const SIGNATURE = [402, "payment_signature_invalid"] as const;
const AMOUNT = [402, "payment_amount_mismatch"] as const;
const RECIPIENT = [402, "payment_recipient_mismatch"] as const;
const TERMS = [402, "payment_terms_mismatch"] as const;
const SCHEME = [402, "payment_scheme_unsupported"] as const;
const NETWORK = [402, "payment_network_unsupported"] as const;

const PRICE = 4_200_000n;
const MAX_UINT256 = 2n ** 256n - 1n;
const OTHER = "0x00000000000000000000000000000000000b0b00";
const ZERO = `0x${"0".repeat(40)}` as const;
const AUTHORIZATION = "payload.authorization";

const isMalformed = (path: string, values: Readonly<Record<string, Parameters<typeof field>[1]>>): Entry[] =>
  Object.entries(values).map(([what, value]) => [`${path}: ${what}`, field(path, value), MALFORMED]);

/** Spellings that some parser takes for the price. None is the one that x402 writes. */
const amountSpellings = {
  missing: undefined,
  null: null,
  "a number": Number(PRICE),
  negative: `-${PRICE}`,
  "with a plus sign": `+${PRICE}`,
  "with a decimal point": `${PRICE}.0`,
  hexadecimal: `0x${PRICE.toString(16)}`,
  "with a leading zero": `0${PRICE}`,
  "with an exponent": "42e5",
  "with a blank": ` ${PRICE}`,
  "in other digits": "٤٢٠٠٠٠٠",
  empty: "",
  "over 256 bits": (MAX_UINT256 + 1n).toString(),
  "a thousand digits": "9".repeat(1_000),
  "an array": [PRICE.toString()],
};

const timeSpellings = {
  missing: undefined,
  "a number": 0,
  negative: "-1",
  "with a decimal point": "0.5",
  hexadecimal: "0x0",
  "over 256 bits": (MAX_UINT256 + 1n).toString(),
};

const addressSpellings = {
  missing: undefined,
  null: null,
  empty: "",
  short: `0x${"a".repeat(38)}`,
  long: `0x${"a".repeat(42)}`,
  "without 0x": "a".repeat(40),
  "not hexadecimal": `0x${"g".repeat(40)}`,
  "with a wrong checksum": "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
  "a name": "vitalik.eth",
};

const authorization: readonly Entry[] = [
  ...isMalformed("payload", { missing: undefined, null: null, text: "0x", "an array": [] }),
  ...isMalformed(AUTHORIZATION, { missing: undefined, null: null, text: "0x", "an array": [] }),
  ...isMalformed(`${AUTHORIZATION}.data`, { "one field more": "0x" }),
  ...isMalformed(`${AUTHORIZATION}.from`, addressSpellings),
  ["from: somebody else", field(`${AUTHORIZATION}.from`, OTHER), SIGNATURE],
  ["from: nobody", field(`${AUTHORIZATION}.from`, ZERO), SIGNATURE],
  ...isMalformed(`${AUTHORIZATION}.to`, addressSpellings),
  ["to: somebody else, duly signed", authorized(() => ({ to: OTHER })), RECIPIENT],
  ["to: nobody, duly signed", authorized(() => ({ to: ZERO })), RECIPIENT],
  ["to: somebody else, not signed", field(`${AUTHORIZATION}.to`, OTHER), RECIPIENT],
  ...isMalformed(`${AUTHORIZATION}.value`, amountSpellings),
  ["value: one unit under", authorized(() => ({ value: usdc(PRICE - 1n) })), AMOUNT],
  ["value: one unit over", authorized(() => ({ value: usdc(PRICE + 1n) })), AMOUNT],
  ["value: zero", authorized(() => ({ value: usdc(0n) })), AMOUNT],
  ["value: the largest there is", authorized(() => ({ value: usdc(MAX_UINT256) })), AMOUNT],
  ["value: the price and 64 bits more", authorized(() => ({ value: usdc(PRICE + 2n ** 64n) })), AMOUNT],
  ["value: lowered after signing", field(`${AUTHORIZATION}.value`, "1"), AMOUNT],
];

const window: readonly Entry[] = [
  ...isMalformed(`${AUTHORIZATION}.validAfter`, timeSpellings),
  ...isMalformed(`${AUTHORIZATION}.validBefore`, timeSpellings),
  [
    "validAfter: in half a minute",
    authorized((now) => ({ validAfter: BigInt(now + 30) })),
    [402, "payment_not_yet_valid"],
  ],
  ["validAfter: changed after signing", field(`${AUTHORIZATION}.validAfter`, "1"), SIGNATURE],
  ["validAfter: never", authorized(() => ({ validAfter: MAX_UINT256 })), [402, "payment_expired"]],
  [
    "validBefore: no later than validAfter",
    authorized((now) => ({ validAfter: BigInt(now - 9), validBefore: BigInt(now - 9) })),
    [402, "payment_expired"],
  ],
  [
    "validBefore: more than a day ago",
    authorized((now) => ({ validBefore: BigInt(now - 90_000) })),
    [402, "payment_expired"],
  ],
  [
    "validBefore: in an hour",
    authorized((now) => ({ validBefore: BigInt(now + 3_600) })),
    [402, "payment_window_too_long"],
  ],
  [
    "validBefore: at the end of time",
    authorized(() => ({ validBefore: MAX_UINT256 })),
    [402, "payment_window_too_long"],
  ],
];

const nonce: readonly Entry[] = [
  ...isMalformed(`${AUTHORIZATION}.nonce`, {
    missing: undefined,
    "a number": 7,
    decimal: "7",
    short: `0x${"ab".repeat(31)}`,
    long: `0x${"ab".repeat(33)}`,
    "not hexadecimal": `0x${"zz".repeat(32)}`,
  }),
  ["nonce: changed after signing", field(`${AUTHORIZATION}.nonce`, `0x${"ab".repeat(32)}`), SIGNATURE],
];

/** A second signature that the curve accepts for the same message, and the token refuses. */
function highS(valid: Hex): Hex {
  const bytes = hexToBytes(valid);
  const s = secp256k1.Point.Fn.ORDER - BigInt(bytesToHex(bytes.subarray(32, 64)));
  const otherV = bytes[64] === 27 ? "1c" : "1b";
  return `0x${valid.slice(2, 66)}${s.toString(16).padStart(64, "0")}${otherV}`;
}

function withoutV(valid: Hex): string {
  return valid.slice(0, -2);
}

const signatures: readonly Entry[] = [
  ...isMalformed("payload.signature", {
    missing: undefined,
    null: null,
    empty: "",
    "only 0x": "0x",
    "of 63 bytes": `0x${"11".repeat(63)}`,
    "of an odd number of digits": `0x${"1".repeat(131)}`,
    "not hexadecimal": `0x${"zz".repeat(65)}`,
    "longer than any wallet's": `0x${"11".repeat(MAX_SIGNATURE_BYTES + 1)}`,
    "an object": { r: "0x1", s: "0x1", v: 27 },
  }),
  ["signature: without 0x", signature((valid) => valid.slice(2)), MALFORMED],
  ["signature: all zero", signature(() => `0x${"00".repeat(65)}`), SIGNATURE],
  ["signature: r of zero", signature((valid) => `0x${"00".repeat(32)}${valid.slice(66)}`), SIGNATURE],
  [
    "signature: r beyond the curve",
    signature((valid) => `0x${"ff".repeat(32)}${valid.slice(66)}`),
    SIGNATURE,
  ],
  ["signature: high s", signature(highS), SIGNATURE],
  [
    "signature: the other v",
    signature((valid) => withoutV(valid) + (valid.endsWith("1b") ? "1c" : "1b")),
    SIGNATURE,
  ],
  ["signature: v of 29", signature((valid) => `${withoutV(valid)}1d`), SIGNATURE],
  ["signature: v of EIP-155", signature((valid) => `${withoutV(valid)}25`), SIGNATURE],
  [
    "signature: somebody else's",
    signed(({ payment }) => ({ account: PAYER, overrides: { from: payment.authorization.from } })),
    SIGNATURE,
  ],
];

const v1Only: readonly Entry[] = [
  ...isMalformed("scheme", { missing: undefined, "a number": 1 }),
  ...isMalformed("network", { missing: undefined, "a number": 137 }),
  ["scheme: another", field("scheme", "upto"), SCHEME],
  ["scheme: in capitals", field("scheme", "EXACT"), SCHEME],
  ["network: unknown", field("network", "ethereum"), NETWORK],
  ["network: of version 2", field("network", "eip155:137"), NETWORK],
  ["network: only inherited", field("network", "constructor"), NETWORK],
  ["network: one that is not accepted", field("network", "base-sepolia"), NETWORK],
  ["network: another than was signed for", field("network", "base"), SIGNATURE],
];

const v2Only: readonly Entry[] = [
  ...isMalformed("accepted", { missing: undefined, null: null, text: "exact", "an array": [] }),
  ...isMalformed("accepted.scheme", { missing: undefined, "a number": 1 }),
  ...isMalformed("accepted.network", { missing: undefined, "a number": 137 }),
  ...isMalformed("accepted.asset", addressSpellings),
  ...isMalformed("accepted.payTo", addressSpellings),
  ...isMalformed("accepted.amount", amountSpellings),
  ...isMalformed("accepted.extra", { null: null, text: "invoice" }),
  ...isMalformed("accepted.extra.invoice", { "a number": 1, null: null, "an array": ["inv_"] }),
  ["accepted.scheme: another", field("accepted.scheme", "upto"), SCHEME],
  ["accepted.network: unknown", field("accepted.network", "eip155:1"), NETWORK],
  ["accepted.network: of version 1", field("accepted.network", "polygon"), NETWORK],
  ["accepted.network: one that is not accepted", field("accepted.network", "eip155:42161"), NETWORK],
  ["accepted.network: with another's asset", field("accepted.network", "eip155:8453"), TERMS],
  ["accepted.asset: another token", field("accepted.asset", networks.base.usdc.address), TERMS],
  ["accepted.payTo: somebody else", field("accepted.payTo", OTHER), TERMS],
  ["accepted.amount: one unit under", field("accepted.amount", (PRICE - 1n).toString()), TERMS],
  ["accepted.amount: zero", field("accepted.amount", "0"), TERMS],
  ["all of it: for one unit less, duly signed", signed(() => ({ amount: usdc(PRICE - 1n) })), TERMS],
  ["all of it: to somebody else, duly signed", signed(() => ({ payTo: OTHER })), TERMS],
  [
    "all of it: on a network that is not accepted, duly signed",
    signed(() => ({ network: networks.arbitrum })),
    NETWORK,
  ],
];

const bothVersionsEntries = [...authorization, ...window, ...nonce, ...signatures];

export const paymentRows: readonly Row[] = [
  ...bothVersions("payment", bothVersionsEntries),
  ...forVersion(1, "payment", v1Only),
  ...forVersion(2, "payment", v2Only),
];
