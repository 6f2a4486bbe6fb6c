/** Templates: a text with other fields in it, plain and in base64. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { base64Template, template } from "../../protocol/template.ts";

/** What stays: at least three bytes, as in JSON around a value. No blank is in it. */
const kept = fc
  .string({ unit: "grapheme", minLength: 3, maxLength: 40 })
  .map((text) => text.replaceAll("~", "-"));
const field = (length: number) =>
  fc
    .string({ unit: "grapheme-ascii", minLength: length, maxLength: length })
    .map((text) => text.replaceAll("~", "-"));

/** Texts between fields, and the fields, each as long as its blank. */
const filled = fc
  .array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 })
  .chain((lengths) =>
    fc.record({
      texts: fc.array(kept, { minLength: lengths.length + 1, maxLength: lengths.length + 1 }),
      fields: fc.tuple(...lengths.map(field)),
    }),
  )
  .map(({ texts, fields }) => ({
    texts,
    fields,
    // Of two blanks none may be the beginning of the other.
    blanks: fields.map(({ length }, index) => `${"~".repeat(length - 1)}${String.fromCharCode(97 + index)}`),
  }));

function woven(texts: readonly string[], between: readonly string[]): string {
  return texts.map((text, index) => text + (between[index] ?? "")).join("");
}

test("a template is its text, with other fields in the places of the blanks", () => {
  fc.assert(
    fc.property(filled, ({ texts, fields, blanks }) => {
      fc.pre(blanks.every((blank) => blank.length > 1));
      expect(template(woven(texts, blanks), blanks)(fields)).toBe(woven(texts, fields));
    }),
  );
});

test("a base64 template is the same in base64, wherever the groups of three begin", () => {
  fc.assert(
    fc.property(filled, ({ texts, fields, blanks }) => {
      fc.pre(blanks.every((blank) => blank.length > 1));
      const encoded = base64Template(woven(texts, blanks), blanks)(fields);
      expect(Buffer.from(encoded, "base64").toString("utf8")).toBe(woven(texts, fields));
      expect(encoded).toBe(Buffer.from(woven(texts, fields), "utf8").toString("base64"));
    }),
  );
});
