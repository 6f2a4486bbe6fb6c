/** Chance that can be repeated: the same seed and stream give the same draws. */

import { createHash } from "node:crypto";

export interface Random {
  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError when there is nothing to pick from */
  pick<Item>(items: readonly Item[]): Item;
}

/** Draws are read from a hash, 32 bits each. */
const DRAW_RANGE = 2 ** 32;

export function createRandom(seed: number, stream: number): Random {
  let draws = 0;
  const fraction = () => {
    const hash = createHash("sha256").update(JSON.stringify([seed, stream, draws++]));
    return hash.digest().readUInt32BE() / DRAW_RANGE;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    below,
    chance: (probability) => fraction() < probability,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("there is nothing to pick from");
      return item;
    },
  };
}
