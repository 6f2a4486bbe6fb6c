/** The faults that are planned: each waits for one kind of request of one purchase, and does something to it. */

import type { ManagedProcess } from "../local/processes/managed-process.ts";

/** Between our processes and what. */
export type Backend = "origin" | "facilitator" | "table" | "supplier" | "rpc";

/** A request on its way from one of our processes to a backend. */
export interface Passing {
  readonly backend: Backend;
  /** What it asks for, in our own words; see operations.ts. */
  readonly operation: string;
  readonly body: string;
  /** Path, headers and body in lower case: where identities are looked for. */
  readonly text: string;
  readonly from: ManagedProcess;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** An answer, a cut connection, or nothing for ever. */
export type Reply = Answer | "reset" | "hang";

/** Carries the request out, as it came or with another body. */
export type Forward = (body?: string) => Promise<Answer>;

/** What happens to a request instead of being forwarded. */
export type Act = (passing: Passing, forward: Forward) => Promise<Reply>;

export interface Rule {
  readonly backend: Backend;
  readonly operation: string;
  /** Further conditions. @default none */
  readonly when?: (passing: Passing) => boolean;
  /** How many requests it strikes. @default 1 */
  readonly times?: number;
  /** It only brings about what the fault needs, and counts for nothing. @default false */
  readonly isPreparation?: boolean;
  /** It strikes whosever request comes first: not every request names a purchase. @default false */
  readonly isAnyones?: boolean;
  readonly act: Act;
}

/** A rule for one purchase. */
export interface Planned extends Rule {
  /** Tells the requests of its purchase from all others. */
  readonly isAbout: (passing: Passing) => boolean;
  /** Told at each strike. */
  readonly onStrike: () => void;
}

export interface FaultBook {
  plan(rule: Planned): void;
  /** What this request has to suffer, if anything. */
  take(passing: Passing): Act | undefined;
  /** Ends all faults. */
  clear(): void;
}

export function createFaultBook(): FaultBook {
  const rules: { readonly planned: Planned; left: number }[] = [];
  return {
    plan(planned) {
      rules.push({ planned, left: planned.times ?? 1 });
    },
    take(passing) {
      const index = rules.findIndex(({ planned }) => strikes(planned, passing));
      const rule = rules[index];
      if (rule === undefined) return undefined;
      rule.left--;
      if (rule.left <= 0) rules.splice(index, 1);
      rule.planned.onStrike();
      return rule.planned.act;
    },
    clear() {
      rules.length = 0;
    },
  };
}

function strikes(
  { backend, operation, when, isAnyones = false, isAbout }: Planned,
  passing: Passing,
): boolean {
  if (backend !== passing.backend || operation !== passing.operation) return false;
  return (isAnyones || isAbout(passing)) && (when?.(passing) ?? true);
}
