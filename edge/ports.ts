/** What the flow needs from outside. The composition root wires the adapters to it. */

import type { Config } from "../protocol/config.ts";
import type { Facilitator } from "../protocol/facilitator.ts";
import type { HmacKey } from "../protocol/keys.ts";
import type { LogEvent } from "./log.ts";

export interface Ports {
  readonly config: Config;
  /** Sign invoices; the first is current. */
  readonly invoiceKeys: readonly HmacKey[];
  /** Sign grants; the first is current. */
  readonly grantKeys: readonly HmacKey[];
  readonly facilitator: Facilitator;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: (event: LogEvent) => void;
}
