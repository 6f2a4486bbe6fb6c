/** Every fault that strikes one purchase. */

import type { Fault } from "../fault.ts";
import { chainFaults } from "./chain.ts";
import { edgeFaults } from "./edge.ts";
import { facilitatorFaults } from "./facilitator.ts";
import { originFaults } from "./origin.ts";
import { rpcFaults } from "./rpc.ts";
import { scheduleFaults } from "./schedules.ts";
import { supplierFaults } from "./supplier.ts";
import { tableFaults } from "./table.ts";

export const faults: readonly Fault[] = [
  ...edgeFaults,
  ...originFaults,
  ...supplierFaults,
  ...facilitatorFaults,
  ...rpcFaults,
  ...tableFaults,
  ...scheduleFaults,
  ...chainFaults,
];
