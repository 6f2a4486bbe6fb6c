/** Ports that take their time, by chance that can be repeated: what happens in between is up to the dice. */

import type { FakeClock } from "./origin-clock.ts";

/** The same numbers, from 0 to 1, for the same seed. */
export function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function slowed<Port extends object>(
  port: Port,
  clock: FakeClock,
  dice: () => number,
  upToMs: number,
): Port {
  return new Proxy(port, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== "function") return value;
      return async (...args: readonly unknown[]) => {
        await clock.sleep(Math.floor(dice() * upToMs));
        const answer: unknown = await Reflect.apply(value, target, args);
        await clock.sleep(Math.floor(dice() * upToMs));
        return answer;
      };
    },
  });
}
