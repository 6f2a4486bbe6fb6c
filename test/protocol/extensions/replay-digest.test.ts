/** The digest that stands for a replay credential. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ReplayKind, replayDigest } from "../../../protocol/extensions/replay-digest.ts";

const anyKind = fc.constantFrom<ReplayKind>("payment-identifier", "idempotency-key");
const anyKey = fc.string({ minLength: 16, maxLength: 128 });

describe("a replay digest", () => {
  test("is stable, for purchases are kept under it", () => {
    expect(replayDigest("idempotency-key", "0123456789abcdef")).toBe(
      "0x03e6853f69ef7364b5d6f748f258aeb38ff5466673ee80d90755909b51625555",
    );
  });

  test("is 32 bytes of hex that do not hold the key", () => {
    fc.assert(
      fc.property(anyKind, anyKey, (kind, key) => {
        const digest = replayDigest(kind, key);
        expect(digest).toMatch(/^0x[0-9a-f]{64}$/);
        expect(digest).not.toContain(key);
      }),
    );
  });

  test("differs between kinds and between keys", () => {
    fc.assert(
      fc.property(anyKind, anyKey, anyKind, anyKey, (kind, key, otherKind, otherKey) => {
        const same = kind === otherKind && key === otherKey;
        expect(replayDigest(kind, key) === replayDigest(otherKind, otherKey)).toBe(same);
      }),
    );
    const key = "0123456789abcdef";
    expect(replayDigest("payment-identifier", key)).not.toBe(replayDigest("idempotency-key", key));
  });
});
