/** An access token opens one thing of one order. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Access, accessToken, esimNamedIn, opens, orderNamedIn } from "../../../origin/access.ts";
import { anyBytes, anyText } from "../../builders/arbitrary.ts";

const anyItem = fc.integer({ min: 0, max: 99 });
const anyAccess = fc.oneof(
  fc.constantFrom<Access>("order", "qr", "allotment"),
  fc.record<Access & object>({ to: fc.constantFrom("esim", "item_qr"), item: anyItem }),
);
const anyOrder = fc.stringMatching(/^ord_[0-9a-f]{40}$/);
const anySecret = anyBytes(32);

describe("a token", () => {
  test("opens what it was made for, and names it", () => {
    fc.assert(
      fc.property(anySecret, anyAccess, anyOrder, (secret, access, order) => {
        const token = accessToken(secret, access, order);
        expect(opens([secret], access, order, token)).toBe(true);
        expect(token).toMatch(/^(at_[A-Za-z0-9_-]{70}|es_[A-Za-z0-9_-]{71}|(qr|al|qi)_[A-Za-z0-9_-]{43})$/);
        expect(orderNamedIn(token)).toBe(access === "order" ? order : undefined);
        const isEsim = typeof access === "object" && access.to === "esim";
        expect(esimNamedIn(token)).toEqual(isEsim ? { orderId: order, item: access.item } : undefined);
      }),
    );
  });

  test("opens nothing else: no other order, no other secret, no other thing, whatever it calls itself", () => {
    const two = fc.tuple(anyAccess, anyAccess);
    fc.assert(
      fc.property(
        anySecret,
        anySecret,
        two,
        anyOrder,
        anyOrder,
        (secret, other, accesses, order, another) => {
          const [access, elsewhere] = accesses;
          fc.pre(order !== another && Buffer.compare(secret, other) !== 0);
          fc.pre(JSON.stringify(access) !== JSON.stringify(elsewhere));
          const token = accessToken(secret, access, order);
          expect(opens([secret], access, another, token)).toBe(false);
          expect(opens([other], access, order, token)).toBe(false);
          expect(opens([secret], elsewhere, order, token)).toBe(false);
          const prefix = accessToken(secret, elsewhere, order).slice(0, 3);
          expect(opens([secret], elsewhere, order, prefix + token.slice(3))).toBe(false);
        },
      ),
    );
  });

  test("of one eSIM that is made to name another opens neither", () => {
    fc.assert(
      fc.property(anySecret, anyOrder, anyItem, anyItem, (secret, order, item, another) => {
        fc.pre(item !== another);
        const bytes = Buffer.from(accessToken(secret, { to: "esim", item }, order).slice(3), "base64url");
        bytes.writeUInt8(another, 20);
        const forged = `es_${bytes.toString("base64url")}`;
        expect(esimNamedIn(forged)).toEqual({ orderId: order, item: another });
        expect(opens([secret], { to: "esim", item: another }, order, forged)).toBe(false);
        expect(opens([secret], { to: "esim", item }, order, forged)).toBe(false);
      }),
    );
  });

  test("made with an older secret still opens what it was made for", () => {
    fc.assert(
      fc.property(anySecret, anySecret, anyAccess, anyOrder, (older, newer, access, order) => {
        const token = accessToken(older, access, order);
        expect(opens([newer, older], access, order, token)).toBe(true);
      }),
    );
  });

  test("that is any text opens nothing, and does not throw", () => {
    fc.assert(
      fc.property(anySecret, anyAccess, anyOrder, anyText, (secret, access, order, text) => {
        expect(opens([secret], access, order, text)).toBe(false);
        expect(orderNamedIn(text)).toBeUndefined();
        expect(esimNamedIn(text)).toBeUndefined();
      }),
    );
  });
});
