/**
 * Asks the origin, through our own front door, whether our credit at the supplier is enough. One look serves an instance
 * for half a minute, and whatever goes wrong is `unknown`: a guard that fails must not stop sales.
 */

import { type Credit, readCredit } from "../../protocol/credit.ts";
import { SUPPLY } from "../../protocol/route.ts";
import type { GatePorts } from "../ports.ts";
import type { Get } from "./http-post.ts";

/** One look. Milliseconds. */
const LOOK_MS = 800;

/** How old an answer may be. Milliseconds. */
const TTL_MS = 30_000;

/** How long a look that told nothing is not repeated. Milliseconds. */
const RETRY_MS = 5_000;

/** Bytes. */
export const MAX_CREDIT_ANSWER = 256;

/** @param now Unix milliseconds */
export function createCredit(publicUrl: string, get: Get, now: () => number): GatePorts["credit"] {
  let kept: { readonly credit: Credit; readonly at: number } | undefined;
  let looking: Promise<Credit> | undefined;

  async function ask(): Promise<Credit> {
    try {
      const result = await get(publicUrl + SUPPLY, LOOK_MS);
      return result.kind === "answer" && result.status === 200 ? readCredit(result.body) : "unknown";
    } catch {
      return "unknown";
    }
  }

  async function look(): Promise<Credit> {
    const credit = await ask();
    kept = { credit, at: now() };
    looking = undefined;
    return credit;
  }

  return async (deadline) => {
    if (kept !== undefined) {
      const age = now() - kept.at;
      if (age >= 0 && age < (kept.credit === "unknown" ? RETRY_MS : TTL_MS)) return kept.credit;
    }
    looking ??= look();
    return byThen(looking, deadline - now());
  };
}

/** A look that takes longer goes on, for the next payment. */
function byThen(looking: Promise<Credit>, waitMs: number): Promise<Credit> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("unknown"), Math.max(0, waitMs));
    looking.then((credit) => {
      clearTimeout(timer);
      resolve(credit);
    });
  });
}
