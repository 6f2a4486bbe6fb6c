/** A process that dies at a call to the outside, before or after the call did its work. */

import fc from "fast-check";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";

/** Not a fault that the code may handle: whatever is called after it is not called. */
class Death extends Error {}

export const times = ["before the call", "after the call"] as const;

export interface Crash {
  /** Counts all calls to ports, from 1. */
  readonly call: number;
  readonly when: (typeof times)[number];
}

export function anyCrash(maxCall: number): fc.Arbitrary<Crash> {
  return fc.record({ call: fc.integer({ min: 1, max: maxCall }), when: fc.constantFrom(...times) });
}

export interface Mortal {
  readonly ports: PurchasePorts;
  /** How many calls there were. */
  calls(): number;
  isDead(): boolean;
}

/** The ports of a process that dies at `crash`, or of one that lives. */
export function mortal(ports: PurchasePorts, crash?: Crash): Mortal {
  let calls = 0;
  let dead = false;
  const guard =
    <Arguments extends readonly unknown[], Answer>(call: (...args: Arguments) => Promise<Answer>) =>
    async (...args: Arguments): Promise<Answer> => {
      if (dead) throw new Death();
      calls += 1;
      const dies = crash?.call === calls;
      if (dies) dead = true;
      if (dies && crash.when === "before the call") throw new Death();
      const answer = await call(...args);
      if (dies) throw new Death();
      return answer;
    };
  const { store, chain, facilitator, supplier, lifecycle, refundSigner } = ports;
  return {
    calls: () => calls,
    isDead: () => dead,
    ports: {
      ...ports,
      store: {
        ...store,
        claim: guard(store.claim),
        get: guard(store.get),
        save: guard(store.save),
        due: guard(store.due),
      },
      chain: {
        ...chain,
        authorizationState: guard(chain.authorizationState),
        findSettlement: guard(chain.findSettlement),
        usdcBalance: guard(chain.usdcBalance),
      },
      facilitator: { ...facilitator, settle: guard(facilitator.settle) },
      supplier: {
        ...supplier,
        order: guard(supplier.order),
        profiles: guard(supplier.profiles),
        cancel: guard(supplier.cancel),
      },
      lifecycle: {
        ...lifecycle,
        profileOf: guard(lifecycle.profileOf),
        topUp: guard(lifecycle.topUp),
        suspend: guard(lifecycle.suspend),
      },
      refundSigner: { address: guard(refundSigner.address), sign: guard(refundSigner.sign) },
    },
  };
}

/** Lets a process run until it ends or dies. */
export async function untilDeath(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Death)) throw error;
  }
}
