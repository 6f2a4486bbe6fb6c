/**
 * A circuit breaker around the supplier, one for each process. While it is open, calls answer at once that nobody knows,
 * so that a purchase does not spend its time on calls that run into their deadline.
 */

import type { Opened } from "./envelope.ts";
import { LOCAL_CODE } from "./errors.ts";

export interface CircuitLimits {
  /** Calls in a row that fail before it opens. */
  readonly failures: number;
  /** How long it stays open until one call is let through to try. Milliseconds. */
  readonly openMs: number;
}

/**
 * Five calls are more than one purchase loses to a supplier that restarts. Three seconds cost a purchase little, of the
 * sixty that it has, and a supplier that recovers is found soon.
 */
export const CIRCUIT: CircuitLimits = { failures: 5, openMs: 3_000 };

export interface Circuit {
  /** Does the work, or answers `circuit_open` without doing it. */
  run(work: () => Promise<Opened>): Promise<Opened>;
}

type State =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly since: number }
  /** One call is on its way to find out; the others are not let through. */
  | { readonly kind: "half_open" };

/** `unknown`, and not refused: an order that an earlier call placed may exist, and has to be asked for again. */
const CIRCUIT_OPEN: Opened = { kind: "unknown", detail: "circuit_open" };

const CLOSED: State = { kind: "closed", failures: 0 };

/** @param now Unix milliseconds */
export function createCircuit({ failures, openMs }: CircuitLimits, now: () => number): Circuit {
  let state: State = CLOSED;

  function isWaiting(since: number): boolean {
    const elapsed = now() - since;
    // After the clock was set back, `since` would lie ahead for as long as the step was.
    return elapsed >= 0 && elapsed < openMs;
  }

  async function probe(work: () => Promise<Opened>): Promise<Opened> {
    state = { kind: "half_open" };
    // What ends without a sign of life, a fault of ours included, leaves it open for another while.
    let next: State = { kind: "open", since: now() };
    try {
      const opened = await work();
      if (healthOf(opened) === "alive") next = CLOSED;
      return opened;
    } finally {
      state = next.kind === "open" ? { kind: "open", since: now() } : next;
    }
  }

  return {
    async run(work) {
      if (state.kind === "half_open" || (state.kind === "open" && isWaiting(state.since)))
        return CIRCUIT_OPEN;
      if (state.kind === "open") return probe(work);
      const opened = await work();
      state = after(state, healthOf(opened));
      return opened;
    },
  };

  /** Calls that began before it opened end later, and change nothing any more. */
  function after(current: State, health: Health): State {
    if (current.kind !== "closed" || health === "unsent") return current;
    if (health === "alive") return CLOSED;
    const counted = current.failures + 1;
    return counted < failures ? { kind: "closed", failures: counted } : { kind: "open", since: now() };
  }
}

type Health = "alive" | "failing" | "unsent";

/** A refusal is a sign of life, except the server's own failure. */
function healthOf(opened: Opened): Health {
  if (opened.kind === "unknown") return "failing";
  if (opened.kind === "ok") return "alive";
  if (opened.code === LOCAL_CODE) return "unsent";
  return opened.reason === "server_error" ? "failing" : "alive";
}
