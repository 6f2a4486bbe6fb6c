/** Paths and queries: one spelling each, so that the paywall and what stands behind it can't read two meanings. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalPath, canonicalQuery, queryParameter } from "../../protocol/path.ts";
import { matchRoute } from "../../protocol/route.ts";
import { anyText } from "../builders/arbitrary.ts";
import { buildConfig } from "../builders/config.ts";

const pathLike = fc
  .array(fc.constantFrom("/", "a", "Z", "9", "..", ".", "%2e", "%2F", "%61", "%7e", "%", "~", ";", "\\", "é"))
  .map((parts) => `/${parts.join("")}`);

const { catalog } = buildConfig();

/** Spellings that some server, framework or proxy takes for the path in question. */
function bypasses(path: string): string[] {
  const [first = ""] = path.slice(1).split("/");
  const rest = path.slice(1 + first.length);
  const last = path.length - 1;
  return [
    `/${path}`,
    `${path}/`,
    `${path}//`,
    `//${path.slice(1)}`,
    `/./${path.slice(1)}`,
    `${path}/.`,
    `${path}/..`,
    `/x/..${path}`,
    `/%2e${path}`,
    `/x/%2e%2e${path}`,
    `/x/%2E.${path}`,
    `/x/.%2e${path}`,
    `/%2f${path.slice(1)}`,
    `%2F${path.slice(1)}`,
    `/${first}%2f`,
    `${path}%2f`,
    `/${first}%2F${rest.slice(1)}`,
    `/${first}%252F${rest.slice(1)}`,
    `\\${path.slice(1)}`,
    `/\\${path.slice(1)}`,
    `/x/..\\${path.slice(1)}`,
    `/x/..%5C${path.slice(1)}`,
    `/%5c${path.slice(1)}`,
    `${path};`,
    `${path};x=1`,
    `/${first};x${rest}/`,
    `${path}%3b`,
    `${path}%00`,
    `${path}\u0000`,
    `${path}%00.html`,
    `${path}%20`,
    `${path} `,
    `${path}+`,
    `${path}%0a`,
    `${path}\n`,
    `${path}?`,
    `${path}%3F`,
    `${path}#`,
    `${path}%23`,
    `/%25${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
    `/%2525${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
    `/%c0%af${path.slice(1)}`,
    `/%e0%80%af${path.slice(1)}`,
    `/%c1%${path.charCodeAt(1).toString(16)}${path.slice(2)}`,
    `/x%c0%ae%c0%ae${path}`,
    `/\u2024\u2024${path}`,
    `\uff0f${path.slice(1)}`,
    `/${String.fromCodePoint(0xff00 + path.charCodeAt(1) - 0x20)}${path.slice(2)}`,
    `${path.slice(0, last)}${path.charAt(last)}\u0301`,
    `${path.slice(0, last)}%u00${path.charCodeAt(last).toString(16)}`,
    `https://shop.example.com${path}`,
    path.slice(1),
    `${path}%`,
    `${path}%zz`,
    `${path}%2`,
  ];
}

describe("a canonical path", () => {
  test("is a fixed point", () => {
    fc.assert(
      fc.property(fc.oneof(pathLike, anyText, fc.webPath()), (raw) => {
        const once = canonicalPath(raw);
        if (once.ok) expect(canonicalPath(once.value)).toEqual(once);
      }),
      { numRuns: 1_000 },
    );
  });

  test("holds plain segments only, none of them empty or dots", () => {
    fc.assert(
      fc.property(fc.oneof(pathLike, anyText), (raw) => {
        const canonical = canonicalPath(raw);
        if (!canonical.ok || canonical.value === "/") return;
        expect(canonical.value).toMatch(/^(\/[A-Za-z0-9._~-]+)+$/);
        expect(canonical.value).not.toMatch(/\/\.{1,2}(\/|$)/);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(["/report", "/v1/esim/activate"])("of %s has no other spelling that reaches it", (path) => {
    expect(matchRoute(catalog, path)).toMatchObject({ kind: "found", route: { kind: "priced" } });
    for (const raw of bypasses(path)) {
      expect(raw).not.toBe(path);
      expect(canonicalPath(raw), raw).toEqual({ ok: false, reason: "path_malformed" });
    }
  });

  test("decodes letters once, so that an encoded priced path is still priced", () => {
    const encoded = "/%72%65port";
    expect(canonicalPath(encoded)).toEqual({ ok: true, value: "/report" });
  });

  test("is case-sensitive: another case is another path", () => {
    expect(canonicalPath("/Report")).toEqual({ ok: true, value: "/Report" });
    expect(matchRoute(catalog, "/Report")).toEqual({ kind: "not_found" });
  });

  test("is never longer than the limit", () => {
    expect(canonicalPath(`/${"a".repeat(511)}`).ok).toBe(true);
    expect(canonicalPath(`/${"a".repeat(512)}`).ok).toBe(false);
  });
});

const word = fc.string({ unit: fc.constantFrom(..."ab1-_.~!*'() +%<>é&=/?"), minLength: 1, maxLength: 6 });
const pairs = fc.array(fc.tuple(word, word), { maxLength: 6 });
const write = (list: readonly (readonly [string, string])[]) =>
  list.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");

describe("a canonical query", () => {
  test("does not depend on the order of its parameters", () => {
    fc.assert(
      fc.property(
        pairs.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(canonicalQuery(write(shuffled))).toEqual(canonicalQuery(write(list)));
        },
      ),
    );
  });

  test("keeps every pair, whatever characters it holds", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const canonical = canonicalQuery(write(list));
        expect(canonical.ok && canonical.value.split("&").sort()).toEqual(write(list).split("&").sort());
      }),
    );
  });

  test("is a fixed point", () => {
    const raw = fc.string({ unit: fc.constantFrom(..."abc=&+%20<>\"'!*()~|{}"), maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(raw, fc.webQueryParameters(), anyText), (text) => {
        const once = canonicalQuery(text);
        if (once.ok) expect(canonicalQuery(once.value)).toEqual(once);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is a fixed point at the limit of length as well", () => {
    const once = canonicalQuery(`q=${"<".repeat(1_000)}`);
    expect(!once.ok || canonicalQuery(once.value).ok).toBe(true);
  });

  test("gives one spelling to encodings of the same pair", () => {
    const canonical = { ok: true, value: "a=x%20y" };
    for (const raw of ["a=x%20y", "a=x+y", "%61=x%20y", "&a=x+y&", "a=%78+y"]) {
      expect(canonicalQuery(raw)).toEqual(canonical);
    }
    expect(canonicalQuery("a")).toEqual(canonicalQuery("a="));
    expect(canonicalQuery("&&")).toEqual({ ok: true, value: "" });
  });

  test("keeps a second parameter of the same name apart from a single one", () => {
    expect(canonicalQuery("a=1&a=2")).not.toEqual(canonicalQuery("a=1"));
    expect(canonicalQuery("a=1&a=1")).not.toEqual(canonicalQuery("a=1"));
  });

  test.each([
    "a=%",
    "a=%zz",
    "a=%c0%af",
    "a=%ff",
    "=1",
    "a=é",
    "a b=1",
    "a=\u0000",
    "a=1\n",
    "x".repeat(2_049),
  ])("%j can't be read", (raw) => {
    expect(canonicalQuery(raw)).toEqual({ ok: false, reason: "query_malformed" });
  });

  test("is found or refused for any string, never a throw", () => {
    fc.assert(
      fc.property(anyText, fc.string(), (raw, name) => {
        const canonical = canonicalQuery(raw);
        expect(() => canonicalPath(raw)).not.toThrow();
        if (canonical.ok) expect(() => queryParameter(canonical.value, name)).not.toThrow();
      }),
    );
  });
});

describe("a query parameter", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(word, word, (name, value) => {
        const canonical = canonicalQuery(write([[name, value]]));
        expect(canonical.ok && queryParameter(canonical.value, name)).toBe(value);
      }),
    );
  });

  test("that stands there twice is taken for neither", () => {
    expect(queryParameter("chain=base&chain=polygon", "chain")).toBeUndefined();
  });

  test("is not found by a part of its name", () => {
    expect(queryParameter("chainx=base", "chain")).toBeUndefined();
    expect(queryParameter("xchain=base", "chain")).toBeUndefined();
    expect(queryParameter("", "chain")).toBeUndefined();
  });
});
