/**
 * What an instance keeps of requests that may come again: what they would buy, and the texts of the challenge for it.
 * Neither says anything of a payment, and both follow from the request alone, so that a kept one is as good as a new one.
 */

import {
  type Challenge,
  type ChallengeTerms,
  challenge,
  type Issuing,
  prepareChallenge,
} from "../protocol/challenge.ts";
import type { Config } from "../protocol/config.ts";

/** Requests. A challenge has up to 20 KB. */
const CAPACITY = 100;

export interface Remembered<Value extends object> {
  get(config: Config, identity: string): Value | undefined;
  set(config: Config, identity: string, value: Value): void;
}

/** By what identifies a request, under one configuration. The oldest are forgotten. */
export function rememberRequests<Value extends object>(): Remembered<Value> {
  const byConfig = new WeakMap<Config, Map<string, Value>>();
  return {
    get: (config, identity) => byConfig.get(config)?.get(identity),
    set(config, identity, value) {
      const known = byConfig.get(config) ?? new Map<string, Value>();
      byConfig.set(config, known);
      known.set(identity, value);
      const [oldest] = known.keys();
      if (known.size > CAPACITY && oldest !== undefined) known.delete(oldest);
    },
  };
}

type Prepared = (issuing: Issuing) => Challenge;

/** By the offers, which are the same object where a request comes again. */
const challenges = new WeakMap<object, Prepared | "asked once">();

/**
 * The challenge that asks for a first payment. Its texts are prepared when the same request comes for the second time:
 * for the first it would be of no use.
 *
 * @param terms what is asked for; the same for the same offers
 */
export function firstChallenge(offers: object, terms: () => ChallengeTerms, issuing: Issuing): Challenge {
  const known = challenges.get(offers);
  if (known === undefined) {
    challenges.set(offers, "asked once");
    return challenge({ ...terms(), ...issuing });
  }
  if (known !== "asked once") return known(issuing);
  const prepared = prepareChallenge(terms());
  challenges.set(offers, prepared);
  return prepared(issuing);
}
