/** What a fault is: a name, what a purchase must be for it to strike, and rules for the fault book. */

import type { LocalChain } from "../local/chain/start-chain.ts";
import type { SimulatedOrder } from "../local/supplier/ledger.ts";
import type { Rule } from "./book.ts";
import type { Subject } from "./subject.ts";
import type { Settler } from "./world.ts";

export interface FaultContext {
  readonly subject: Subject;
  /** Of everybody, as the supplier knows them. */
  readonly orders: readonly SimulatedOrder[];
  /** The chain that is paid on. */
  readonly chain: LocalChain;
  /** Lower case. */
  readonly merchant: string;
}

export interface Fault {
  readonly name: string;
  /** An eSIM has a supplier behind it, a report has none. @default either */
  readonly goods?: "esim" | "report";
  /** @default either */
  readonly settler?: Settler;
  /** The buyer pays and is never heard of again. @default it stays */
  readonly buyer?: "vanishes";
  /** It strikes others as well, in ways that they need not survive, so it happens alone. @default false */
  readonly isExclusive?: boolean;
  readonly rules: (context: FaultContext) => readonly Rule[];
}

type Needs = Omit<Fault, "name" | "rules">;

/** A rule that only brings about what a fault needs. */
export function prepare(rule: Rule): Rule {
  return { ...rule, isPreparation: true };
}

export function fault(name: string, rules: readonly Rule[], needs: Needs = {}): Fault {
  return { name, rules: () => rules, ...needs };
}
