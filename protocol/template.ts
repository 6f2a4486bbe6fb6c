/** Texts of which most stays as it is: cut once at the fields that change, put together again and again. */

/** Puts fields in the places of the blanks, in the same order. */
export type Template = (fields: readonly string[]) => string;

/** What stays, or the number of a field. */
type Piece = string | number;

/** @param blanks of which none is a part of another */
export function template(text: string, blanks: readonly string[]): Template {
  const pieces = cut(text, blanks);
  return (fields) => {
    let filled = "";
    for (const piece of pieces) filled += typeof piece === "string" ? piece : fields[piece];
    return filled;
  };
}

/** A field with the neighbours that share groups of three bytes with it. */
interface Group {
  readonly before: string;
  readonly field: number;
  after: string;
}

/**
 * The same in base64. Only what changes is encoded again.
 *
 * @param blanks as above, in ASCII, each as long as its fields, with three bytes at least between two of them and after the last
 */
export function base64Template(text: string, blanks: readonly string[]): Template {
  const parts: (string | Group)[] = [];
  let group: Group | undefined;
  let before = "";
  // Bytes as characters, so that a character's bytes can go apart.
  for (const piece of cut(Buffer.from(text, "utf8").toString("latin1"), blanks)) {
    if (typeof piece === "number") {
      group = { before, field: piece, after: "" };
      parts.push(group);
      continue;
    }
    const start = group === undefined ? 0 : lacking(group.before.length + (blanks[group.field] ?? "").length);
    if (group !== undefined) group.after = piece.slice(0, start);
    const end = piece.length - ((piece.length - start) % 3);
    parts.push(encoded(piece.slice(start, end)));
    before = piece.slice(end);
  }
  const last = encoded(before);
  return (fields) => {
    let filled = "";
    for (const part of parts) {
      filled += typeof part === "string" ? part : encoded(`${part.before}${fields[part.field]}${part.after}`);
    }
    return filled + last;
  };
}

/** Until the next multiple of three. */
function lacking(bytes: number): number {
  return (3 - (bytes % 3)) % 3;
}

function encoded(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("base64");
}

function cut(text: string, blanks: readonly string[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let rest = text;
  for (;;) {
    let [field, at] = [-1, rest.length];
    for (const [index, blank] of blanks.entries()) {
      const found = rest.slice(0, at).indexOf(blank);
      if (found >= 0) [field, at] = [index, found];
    }
    pieces.push(rest.slice(0, at));
    if (field < 0) return pieces;
    pieces.push(field);
    rest = rest.slice(at + (blanks[field] ?? "").length);
  }
}
