/** The supplier's notifications pass the gateway from the supplier's addresses alone. */

import { expect, test } from "vitest";
import type { GateRequest } from "../../edge/http.ts";
import { harness, responded } from "./gate-harness.ts";

const SENDER = "3.1.131.226";

const notification = (change: Partial<GateRequest> = {}): GateRequest => ({
  method: "POST",
  path: `/webhooks/esim-access/${"a".repeat(43)}`,
  query: "",
  headers: new Map(),
  clientIp: SENDER,
  body: Buffer.from('{"notifyType":"CHECK_HEALTH"}'),
  ...change,
});

test("from an address that the supplier has published it is forwarded, without payment", async () => {
  const { send, calls } = harness();
  expect(await send(notification())).toMatchObject({ kind: "forward", path: notification().path });
  expect(calls).toEqual([]);
});

test("from an address that the merchant has named it is forwarded, and then from no published one", async () => {
  const { send } = harness({}, { supplierAddresses: ["2001:db8::7"] });
  expect(await send(notification({ clientIp: "2001:db8::7" }))).toMatchObject({ kind: "forward" });
  expect(responded(await send(notification())).status).toBe(404);
});

test.each([
  ["another address", { clientIp: "3.1.131.227" }],
  ["none", { clientIp: "" }],
  [
    "a header that names the supplier's",
    { clientIp: "192.0.2.1", headers: new Map([["x-forwarded-for", [SENDER]]]) },
  ],
  ["another address, with OPTIONS", { clientIp: "192.0.2.1", method: "OPTIONS" }],
  ["another address, with GET", { clientIp: "192.0.2.1", method: "GET" }],
])("from %s it is answered as a path that is not there", async (_, change) => {
  const { send } = harness();
  const nowhere = responded(await send(notification({ path: "/nowhere" })));
  expect(await send(notification(change))).toEqual(nowhere);
});

test("with a body that CloudFront cut it is refused", async () => {
  expect(responded(await harness().send(notification({ body: null }))).status).toBe(413);
});
