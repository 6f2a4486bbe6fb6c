/** Any purchase that the types allow, for property tests. */

import fc from "fast-check";
import { appendEvent } from "../../origin/purchase/ledger.ts";
import type {
  Choice,
  Delivery,
  Esim,
  LaterOrder,
  Missing,
  Placement,
  Purchase,
} from "../../origin/purchase/purchase.ts";
import { purchaseStates } from "../../origin/purchase/states.ts";
import { anyAuthorization, anyHex, anyNetwork, anyText, anyUsdc } from "./arbitrary.ts";

/** Safe integers, as times and versions are. */
const anyTime = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const anyWholesale = fc.bigInt({ min: 0n, max: 2n ** 64n });

const anyEsim: fc.Arbitrary<Esim> = fc.record({
  esimTranNo: anyText,
  iccid: anyText,
  activationCode: anyText,
  apn: fc.option(anyText),
});

const anyDelivery: fc.Arbitrary<Delivery> = fc.oneof(
  fc.record({
    kind: fc.constant("esims" as const),
    esims: fc.array(fc.option(anyEsim), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("resource" as const), body: anyText }),
  fc.record({
    kind: fc.constant("topup" as const),
    totalBytes: fc.option(anyWholesale),
    expiresAt: fc.option(anyText),
  }),
);

const anyLines = fc.array(
  fc.record(
    {
      plan: anyText,
      packageCode: anyText,
      wholesale: anyWholesale,
      price: anyUsdc,
      deviceId: fc.option(anyText),
      eid: anyText,
    },
    { requiredKeys: ["plan", "packageCode", "wholesale", "price", "deviceId"] },
  ),
  { minLength: 1, maxLength: 3 },
);

const anyFallback = fc.record({ plan: anyText, packageCode: anyText, wholesale: anyWholesale });

const soldEsim = { order: anyText, position: fc.nat(), esimTranNo: anyText };

const anyGoods: fc.Arbitrary<Purchase["goods"]> = fc.oneof(
  fc.record(
    {
      kind: fc.constant("esims" as const),
      lines: anyLines,
      fallback: anyFallback,
      allotment: fc.constant(true as const),
      replaces: fc.record(soldEsim),
    },
    { requiredKeys: ["kind", "lines"] },
  ),
  fc.record({ kind: fc.constant("resource" as const), path: anyText }),
  fc.record({
    kind: fc.constant("topup" as const),
    ...soldEsim,
    iccid: anyText,
    dataMb: fc.nat(),
    packageCode: anyText,
    wholesale: anyWholesale,
  }),
  fc.record({ kind: fc.constant("unavailable" as const), reason: anyText }),
);

const anyPlacement: fc.Arbitrary<Placement> = fc.oneof(
  fc.record({ kind: fc.constant("placed" as const), orderNo: anyText }),
  fc.record({ kind: fc.constant("refused" as const), reason: anyText, mayExist: fc.boolean() }),
);

const anyLater: fc.Arbitrary<LaterOrder> = fc.record({
  packageCode: anyText,
  wholesale: anyWholesale,
  lines: fc.array(fc.nat(), { maxLength: 3 }),
  since: fc.nat(),
});

const anyChoice: fc.Arbitrary<Choice> = fc.oneof(
  fc.record({ kind: fc.constant("open" as const), until: anyTime }),
  fc.record({ kind: fc.constant("made" as const), esimTranNo: anyText }),
  fc.constant({ kind: "lapsed" as const }),
);

const anyMissing: fc.Arbitrary<Missing> = fc.record({
  reason: anyText,
  amount: anyUsdc,
  orderMayExist: fc.boolean(),
});

const anyRefund: fc.Arbitrary<NonNullable<Purchase["refund"]>> = fc.record({
  number: fc.integer({ min: 1, max: 1_000 }),
  amount: anyUsdc,
  earlier: anyUsdc,
  signed: fc.option(fc.record({ authorization: anyAuthorization, signature: anyHex(65) })),
  transaction: fc.option(anyHex(32)),
});

const anyWebhook: fc.Arbitrary<NonNullable<Purchase["webhook"]>> = fc.record({
  url: anyText,
  state: fc.constantFrom("none", "due", "done", "gave_up"),
  since: anyTime,
  attempts: fc.nat(),
});

/** Every field takes every value of its type, whether or not the rules would ever bring them together. */
export const anyPurchase: fc.Arbitrary<Purchase> = fc.record({
  id: anyHex(20).map((hex) => `ord_${hex.slice(2)}`),
  version: fc.integer({ min: 1, max: 1_000_000 }),
  state: fc.constantFrom(...purchaseStates),
  claimId: anyText,
  grantId: anyText,
  x402Version: fc.constantFrom(1, 2),
  network: anyNetwork,
  authorization: anyAuthorization,
  signature: fc.option(fc.oneof(anyHex(65), anyHex(2_048))),
  invoiceId: fc.option(anyText),
  replayKeys: fc.array(anyHex(32), { maxLength: 2 }),
  fingerprint: anyHex(32),
  goods: anyGoods,
  agentId: fc.option(anyText),
  createdAt: anyTime,
  settledAt: fc.option(anyTime),
  dueAt: anyTime,
  transaction: fc.option(anyHex(32)),
  pooled: fc.option(fc.array(fc.option(anyEsim), { minLength: 1, maxLength: 3 })),
  placements: fc.option(fc.array(fc.option(anyPlacement), { maxLength: 3 })),
  later: fc.array(anyLater, { maxLength: 2 }),
  release: fc.constantFrom("none", "due", "done"),
  suspend: fc.constantFrom("none", "due", "done"),
  delivery: fc.option(anyDelivery),
  choice: fc.option(anyChoice),
  missing: fc.option(anyMissing),
  refund: fc.option(anyRefund),
  returned: fc.array(fc.record({ line: fc.nat(), esimTranNo: anyText, iccid: anyText }), { maxLength: 2 }),
  giveBack: fc.option(
    fc.record({ askedAt: anyTime, open: fc.array(fc.nat(), { maxLength: 2 }), owed: anyUsdc }),
  ),
  webhook: fc.option(anyWebhook),
  reason: fc.option(anyText),
  archived: fc.nat(),
  ledger: fc
    .array(fc.tuple(anyTime, anyText), { maxLength: 4 })
    .map((events) =>
      events.reduce(
        (ledger: Purchase["ledger"], [at, reason]) => appendEvent(ledger, at, { type: "voided", reason }),
        [],
      ),
    ),
});
