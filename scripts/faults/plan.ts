/** Which purchases are made and what happens to them: one for each fault, or as many as wanted by chance of a seed. */

import { type LocalChainName, localChains } from "../local/stack/start-stack.ts";
import type { Behaviour } from "./buyer.ts";
import { faults } from "./catalog/catalog.ts";
import type { Fault } from "./fault.ts";
import { createRandom, type Random } from "./random.ts";
import { type Settler, settlers } from "./world.ts";

export interface Plan {
  /** Unlike any other plan's of a run. */
  readonly name: string;
  readonly chain: LocalChainName;
  readonly goods: "esim" | "report";
  readonly settler: Settler;
  readonly behaviour: Behaviour;
  readonly faults: readonly Fault[];
}

const goods = ["esim", "report"] as const;

const patient: Behaviour = { kind: "patient" };

/** Long enough to be forwarded. Milliseconds. */
const NAMED_PATIENCE_MS = 10_000;
const MAX_PATIENCE_MS = 600;

/** Every fault by itself, and buyers without any. */
export function namedPlans(): readonly Plan[] {
  const single = faults.map((fault, index): Plan => {
    const chain = localChains[index % localChains.length] ?? "polygon";
    return {
      name: fault.name,
      chain,
      goods: fault.goods ?? goods[index % goods.length] ?? "esim",
      settler: fault.settler ?? settlers[index % settlers.length] ?? "edge",
      behaviour: fault.buyer === "vanishes" ? { kind: "vanishes", afterMs: NAMED_PATIENCE_MS } : patient,
      faults: [fault],
    };
  });
  const faultless = settlers.flatMap((settler) =>
    goods.map((what): Plan => {
      const name = `no fault, ${what}, ${settler} settles`;
      return { name, chain: "polygon", goods: what, settler, behaviour: patient, faults: [] };
    }),
  );
  return [...faultless, ...single];
}

const shareable = faults.filter(({ isExclusive = false }) => !isExclusive);
const kills = shareable.filter(({ name }) => name.includes("killed"));
const others = shareable.filter(({ name }) => !name.includes("killed"));

/** Of all purchases, and of a purchase's faults: how many have which. */
const SHARE = {
  faultless: 0.2,
  twoFaults: 0.25,
  kills: 0.04,
  vanishing: 0.1,
  hasty: 0.05,
  report: 0.5,
} as const;

/** The plan of one purchase of a random run: the same for the same seed and index. */
export function randomPlan(seed: number, index: number): Plan {
  const random = createRandom(seed, index);
  const drawn = drawFaults(random);
  const [first] = drawn;
  return {
    name: `random ${index}`,
    chain: random.pick(localChains),
    goods: first?.goods ?? (random.chance(SHARE.report) ? "report" : "esim"),
    settler: first?.settler ?? random.pick(settlers),
    behaviour: first?.buyer === "vanishes" ? vanishing(random) : drawBehaviour(random),
    faults: drawn,
  };
}

function drawFaults(random: Random): readonly Fault[] {
  if (random.chance(SHARE.faultless)) return [];
  const draw = () => random.pick(random.chance(SHARE.kills) ? kills : others);
  return random.chance(SHARE.twoFaults) ? [draw(), draw()] : [draw()];
}

function drawBehaviour(random: Random): Behaviour {
  if (random.chance(SHARE.vanishing)) return vanishing(random);
  return random.chance(SHARE.hasty) ? { kind: "hasty" } : patient;
}

function vanishing(random: Random): Behaviour {
  return { kind: "vanishes", afterMs: random.below(MAX_PATIENCE_MS) };
}
