/** Puts moved prices into the text of a configuration, and leaves all else of it as somebody wrote it. Pure. */

export interface Move {
  readonly packageCode: string;
  /** Decimal dollars, as the next. */
  readonly from: string;
  readonly to: string;
}

interface Property {
  readonly key: string;
  readonly value: string;
  /** Position of the value in the text. */
  readonly at: number;
}

const PROPERTY = /\b(packageCode|wholesaleUsd):\s*(["'])([^"'\n]*)\2/g;

/**
 * Each package's price stands beside its code, before it or after it. What else may look like that is for the caller to
 * find out, by reading the result.
 */
export function rewritePrices(source: string, moves: readonly Move[]): string {
  const properties = [...source.matchAll(PROPERTY)].map((match): Property => {
    const [text, key = "", , value = ""] = match;
    return { key, value, at: match.index + text.length - 1 - value.length };
  });
  let result = "";
  let copied = 0;
  for (const [code, price] of couples(properties)) {
    const move = moves.find(({ packageCode, from }) => packageCode === code.value && from === price.value);
    if (move === undefined) continue;
    result += source.slice(copied, price.at) + move.to;
    copied = price.at + price.value.length;
  }
  return result + source.slice(copied);
}

function couples(properties: readonly Property[]): (readonly [code: Property, price: Property])[] {
  const found: (readonly [Property, Property])[] = [];
  let waiting: Property | undefined;
  for (const property of properties) {
    if (waiting === undefined || waiting.key === property.key) {
      waiting = property;
      continue;
    }
    found.push(property.key === "wholesaleUsd" ? [waiting, property] : [property, waiting]);
    waiting = undefined;
  }
  return found;
}
