/** Faults that a test orders from the simulated supplier, each for one endpoint and a number of requests. */

import type { Endpoint } from "./endpoints.ts";

/**
 * One way to fail. "Before" leaves the work undone, "after" does it and spoils the answer: the client can't tell
 * the two apart, which is the point.
 */
export type Fault =
  /** Waits, then does the work. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Does the work, then waits with the answer. */
  | { readonly kind: "delay_after"; readonly ms: number }
  /** Cuts the connection. */
  | { readonly kind: "reset_before" }
  | { readonly kind: "reset_after" }
  /** A gateway's HTML page in place of the answer. */
  | { readonly kind: "status_before"; readonly status: number }
  | { readonly kind: "status_after"; readonly status: number }
  /** Does the work, then answers 200 with what is no JSON. */
  | { readonly kind: "garbage" }
  /** Refuses with this code. */
  | { readonly kind: "error"; readonly code: string }
  /** Refuses as if the package had just been sold out. */
  | { readonly kind: "out_of_stock" }
  /** Takes the request and never answers. */
  | { readonly kind: "hang" };

export class FaultQueue {
  readonly #queues = new Map<Endpoint, Fault[]>();

  /** Spoils the next request to `endpoint` that no earlier fault claims, or the next `times` of them. */
  add(endpoint: Endpoint, fault: Fault, times = 1): void {
    const queue = this.#queues.get(endpoint) ?? [];
    queue.push(...Array.from({ length: times }, () => fault));
    this.#queues.set(endpoint, queue);
  }

  take(endpoint: Endpoint): Fault | undefined {
    return this.#queues.get(endpoint)?.shift();
  }

  clear(): void {
    this.#queues.clear();
  }
}
