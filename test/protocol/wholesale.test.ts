/** The supplier's prices, ten-thousandths of a dollar: never mistaken for USDC's millionths. */

import { describe, expect, test } from "vitest";
import { wholesalePrice } from "../../protocol/wholesale.ts";

describe("a wholesale price", () => {
  test.each([
    ["0.90", 9_000n],
    ["0.905", 9_050n],
    ["1.2345", 12_345n],
    ["999999.99", 9_999_999_900n],
  ])("of %s dollars is %s ten-thousandths", (dollars, price) => {
    expect(wholesalePrice(dollars)).toBe(price);
  });

  test.each(["", "1", "1.5", "1.23456", "-1.00", " 1.00", "1.00\n", "1e3", ".50"])("%j is none", (text) => {
    expect(() => wholesalePrice(text)).toThrow(RangeError);
  });
});
