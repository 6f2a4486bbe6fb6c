/** CIDs: the one spelling that other tools compute as well. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cidOf, isCid } from "../../../origin/archive/cid.ts";
import { anyText } from "../../builders/arbitrary.ts";

/** What `ipfs add --cid-version 1 --raw-leaves` says of nothing, and of "hello\n". */
const EMPTY = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
const HELLO = "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am";

describe("a CID", () => {
  test("is what other tools compute", () => {
    expect(cidOf(new Uint8Array())).toBe(EMPTY);
    expect(cidOf(Buffer.from("hello\n"))).toBe(HELLO);
  });

  test("is recognised", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => isCid(cidOf(bytes))));
  });

  test.each([
    ["in upper case", EMPTY.toUpperCase()],
    ["of another codec (dag-pb)", "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"],
    ["of version 0", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"],
    ["too short", EMPTY.slice(0, -1)],
    ["too long", `${EMPTY}a`],
    ["with bits set after its end", `${EMPTY.slice(0, -1)}v`],
    ["empty", ""],
  ])("%s is none", (_, text) => {
    expect(isCid(text)).toBe(false);
  });

  test("is not found in any text", () => {
    fc.assert(fc.property(anyText, (text) => !isCid(text)));
  });
});
