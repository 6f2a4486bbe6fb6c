/** How often everything is measured. Contestants take turns, so that a busy moment of the machine hits all of them. */

/** How many processes of each contestant. */
export interface Repetitions {
  readonly cold: number;
  readonly unpaid: number;
  readonly rejected: number;
  readonly paid: number;
  readonly slow: number;
}

export const FULL: Repetitions = { cold: 21, unpaid: 7, rejected: 7, paid: 5, slow: 5 };
export const QUICK: Repetitions = { cold: 5, unpaid: 2, rejected: 2, paid: 1, slow: 1 };

/** Requests after the first that count as a young instance's. */
const YOUNG = 19;

/** The same, where each takes a tenth of a second. */
export const SLOW_YOUNG = 9;

/**
 * For all that is measured under a small share of a processor. It takes half a minute, but some virtual machines come
 * back from each pause so slowly that it would take half an hour.
 */
export const SLOW_LIMIT_MS = 180_000;

/** Until what a request costs no longer falls: V8 goes on compiling in other threads until about the 6,000th. */
const UNPAID_WARM_UP = 8_000;
/** As many as leave most of a thousand, after which memory is looked at. */
const PAID_WARM_UP = 300;

export const unpaidCourse = { young: YOUNG, warmUp: UNPAID_WARM_UP, hot: 2_000, group: null } as const;
export const rejectedCourse = { young: YOUNG, warmUp: PAID_WARM_UP, hot: 500, group: null } as const;

/** 1,000 requests, the first included. */
export const paidCourse = {
  young: YOUNG,
  warmUp: PAID_WARM_UP,
  hot: 1_000 - 1 - YOUNG - PAID_WARM_UP,
  group: null,
} as const;
