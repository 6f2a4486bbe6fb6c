/** What a request leaves in the edge's log: its payment's order in each line, and nothing that must stay secret. */

import { describe, expect, test } from "vitest";
import type { LogEvent } from "../../edge/log.ts";
import { createEdgeSink } from "../../edge/telemetry.ts";
import { problem } from "../../protocol/errors.ts";
import { grantTokenOf, harness, pay, responded, TRANSACTION, withHeaders } from "./gate-harness.ts";
import { harness as originResponseHarness, sent } from "./origin-response-harness.ts";

function linesOf(events: readonly LogEvent[]): readonly string[] {
  const written: string[] = [];
  const sink = createEdgeSink({
    service: "shop",
    write: (lines) => written.push(lines),
    afterAnswer: (callback) => callback(),
    now: () => 0,
  });
  for (const event of events) sink(event, () => "t".repeat(32));
  return written;
}

describe("a request's events", () => {
  test("that is paid for name its order from verification on, and the transaction once there is one", async () => {
    const gateway = harness();
    const { request } = await pay(gateway, 2);
    gateway.ports.log({ event: "internal_error", error: "a mark" });
    await gateway.send(request);
    const own = gateway.logged.slice(gateway.logged.findIndex(({ event }) => event === "internal_error") + 1);
    expect(own.map(({ event }) => event)).toEqual([
      "verification_started",
      "settlement_submitted",
      "payment_settled",
    ]);
    const orders = own.map((event) => ("order" in event ? event.order : "none"));
    expect(new Set(orders).size).toBe(1);
    expect(own.at(-1)).toMatchObject({ order: expect.stringMatching(/^ord_/), transaction: TRANSACTION });
  });

  test("that is refused name the order in the new challenge, too", async () => {
    const gateway = harness({ verify: { kind: "rejected", reason: "terms" } });
    const { request } = await pay(gateway, 2);
    await gateway.send(request);
    const [refused, challenged] = gateway.logged.slice(-2);
    expect(refused).toMatchObject({ event: "payment_refused", order: expect.stringMatching(/^ord_/) });
    expect(challenged).toMatchObject({
      event: "challenge_issued",
      order: refused !== undefined && "order" in refused ? refused.order : "none",
    });
  });

  test("name the transaction of a settlement that nobody confirmed", async () => {
    const gateway = harness({
      settle: { kind: "unknown", fault: "unclear_reason", transaction: TRANSACTION },
    });
    const { request } = await pay(gateway, 2);
    await gateway.send(request);
    expect(gateway.logged.at(-1)).toMatchObject({ event: "settlement_unknown", transaction: TRANSACTION });
  });

  test("hold no signature, invoice token, grant or payment, in whatever way it ends", async () => {
    const scripts = [
      {},
      { settle: { kind: "unknown", fault: "timeout" } },
      { settle: { kind: "spent" } },
      { verify: { kind: "rejected", reason: "terms" } },
      { verify: { kind: "unavailable", fault: "reset" } },
    ] as const;
    for (const script of scripts) {
      const gateway = harness(script);
      const { request, payment: signed, invoice } = await pay(gateway, 2);
      const result = await gateway.send(request);
      const text = linesOf(gateway.logged).join("\n");
      expect(text).toContain(signed.authorization.from);
      const grant = result.kind === "forward" ? [grantTokenOf(result)] : [];
      const secrets = [signed.signature.slice(2), signed.header, invoice, ...grant];
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });

  test("whose origin knows nothing of payments tell that its answer left, and with what status", async () => {
    const { respond, logged } = originResponseHarness();
    await respond(203, await sent());
    expect(logged.map(({ event }) => event)).toEqual([
      "settlement_submitted",
      "payment_settled",
      "content_returned",
    ]);
    expect(logged.at(-1)).toMatchObject({ status: 203, transaction: TRANSACTION });
    expect(new Set(logged.map((event) => ("order" in event ? event.order : null))).size).toBe(1);
  });

  test("of a path that nobody sells say the code, and not what was asked for", async () => {
    const gateway = harness();
    const { status } = responded(await gateway.send({ ...withHeaders({}), path: "/secret-token" }));
    expect(status).toBe(problem("route_not_found").status);
    expect(linesOf(gateway.logged).join()).not.toContain("secret-token");
  });
});
