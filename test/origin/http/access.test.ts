/** An access token opens one thing of one order. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Access, accessToken, opens, orderNamedIn } from "../../../origin/access.ts";
import { anyBytes, anyText } from "../../builders/arbitrary.ts";

const anyAccess = fc.constantFrom<Access>("order", "qr");
const anyOrder = fc.stringMatching(/^ord_[0-9a-f]{40}$/);
const anySecret = anyBytes(32);

describe("a token", () => {
  test("opens what it was made for, and names it", () => {
    fc.assert(
      fc.property(anySecret, anyAccess, anyOrder, (secret, access, order) => {
        const token = accessToken(secret, access, order);
        expect(opens([secret], access, order, token)).toBe(true);
        expect(token).toMatch(access === "order" ? /^at_[A-Za-z0-9_-]{70}$/ : /^qr_[A-Za-z0-9_-]{43}$/);
        expect(orderNamedIn(token)).toBe(access === "order" ? order : undefined);
      }),
    );
  });

  test("opens nothing else: no other order, no other secret, not the other thing under either name", () => {
    fc.assert(
      fc.property(anySecret, anySecret, anyOrder, anyOrder, (secret, other, order, another) => {
        fc.pre(order !== another && Buffer.compare(secret, other) !== 0);
        const token = accessToken(secret, "order", order);
        expect(opens([secret], "order", another, token)).toBe(false);
        expect(opens([other], "order", order, token)).toBe(false);
        expect(opens([secret], "qr", order, token)).toBe(false);
        expect(opens([secret], "qr", order, token.replace("at_", "qr_"))).toBe(false);
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
      }),
    );
  });
});
