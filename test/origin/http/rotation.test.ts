/** While a new key is rolled out, the origin's own challenges are signed with the key that the edge is known to have. */

import { expect, test } from "vitest";
import { createApp } from "../../../origin/http/app.ts";
import { createTelemetry } from "../../../origin/telemetry/telemetry.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { readInvoice } from "../../../protocol/invoice.ts";
import { buildConfig } from "../../builders/config.ts";
import { hmacKey } from "../../builders/keys.ts";
import { originWorld } from "../../builders/origin-ports.ts";
import { grantedPayment } from "../../builders/origin-purchase.ts";
import { invoiceIn, requiredIn } from "../../edge/support.ts";
import { ACCESS_SECRET, ACTIVATE, grantFor, headerOf, memoryNotices, send, withGrant } from "./shop.ts";

const [newer, older] = [hmacKey(2), hmacKey(1)];

test.each([
  ["older", older],
  ["newer", newer],
])("an edge that signs its grant with the %s key is given an invoice under the same one", async (_, key) => {
  const world = originWorld();
  const handler = createApp({
    config: buildConfig(),
    grantKeys: [newer, older],
    invoiceKeys: [newer, older],
    accessSecrets: [ACCESS_SECRET],
    notices: memoryNotices(),
    telemetry: createTelemetry({ service: "test" }),
    proofChain: { transaction: async () => ({ kind: "unreachable" }) },
    purchase: world.ports,
    lifecycle: world.supplier,
    usageBook: world.usage.book,
    topUpPackages: async () => ({ kind: "ok", packages: [] }),
    handOver: async () => {},
  });
  const shop = { world, handler, calls: [], handedOver: [] };
  const expired = grantedPayment({ settlement: { state: "lookup", code: "payment_expired" } });
  const grant = await grantFor(shop, ACTIVATE, expired, { key });
  const response = await send(shop, withGrant(ACTIVATE, grant));
  expect(response.statusCode).toBe(402);
  const invoice = invoiceIn(requiredIn(headerOf(response, HEADER.paymentRequired)));
  expect(readInvoice(invoice, [key]).ok).toBe(true);
});
