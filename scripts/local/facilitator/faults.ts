/** Faults that a test injects into the local facilitator: each makes one coming call go wrong in one way. */

export type Endpoint = "verify" | "settle";

/** Whether the fault strikes before the payment is verified or settled, in place of that, or once it is done. */
export type When = "before" | "after";

/** What can happen to either endpoint. */
export type CallFault =
  /** Waits, then works and answers as usual. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Works at once, but answers late. */
  | { readonly kind: "delay_after"; readonly ms: number }
  /** Destroys the connection. */
  | { readonly kind: "reset"; readonly when: When }
  /** Answers with this HTTP status and an HTML page, as a proxy in front of a facilitator does. */
  | { readonly kind: "status"; readonly when: When; readonly status: number }
  /** Answers 200 with something that is not JSON, or JSON that is no answer. */
  | { readonly kind: "garbage"; readonly when: When; readonly body: "not_json" | "wrong_shape" }
  /** Neither works nor answers; the connection stays open. */
  | { readonly kind: "hang" };

/** What can happen to /settle only. */
export type SettlementFault =
  /** Settles, but answers that the settlement is still pending. */
  | { readonly kind: "pending" }
  /** Never settles, yet answers that it is pending, with the hash of a transaction that was never sent. */
  | { readonly kind: "drop" }
  /** Settles twice and gives the second answer, as when a retry meets a payment that its first try has settled. */
  | { readonly kind: "duplicate" };

export type Fault = CallFault | SettlementFault;

interface FaultsOf {
  readonly verify: CallFault;
  readonly settle: Fault;
}

export interface Faults {
  /** Adds a fault for one call: the next to this endpoint, or the next that carries `nonce`. */
  queue<E extends Endpoint>(endpoint: E, fault: FaultsOf[E], nonce?: string): void;
  /** Drops the faults that have not struck. */
  clear(): void;
}

export interface FaultQueue extends Faults {
  /** Removes and returns the fault that this call has to suffer. */
  take(endpoint: Endpoint, nonce: string): Fault | undefined;
}

export function createFaultQueue(): FaultQueue {
  const queued: { endpoint: Endpoint; fault: Fault; nonce: string | undefined }[] = [];
  return {
    queue(endpoint, fault, nonce) {
      queued.push({ endpoint, fault, nonce });
    },
    clear() {
      queued.length = 0;
    },
    take(endpoint, nonce) {
      const index = queued.findIndex(
        (entry) => entry.endpoint === endpoint && (entry.nonce === undefined || entry.nonce === nonce),
      );
      return index === -1 ? undefined : queued.splice(index, 1)[0]?.fault;
    },
  };
}
