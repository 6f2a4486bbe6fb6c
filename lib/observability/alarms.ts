/** Every alarm of a deployment. Each has its section in `docs/runbook.md`. */

import type { AlarmDefinition, EdgeWatched, OriginWatched } from "./alarm-definition.ts";
import { edgeAlarms } from "./edge-alarms.ts";
import { moneyAlarms } from "./money-alarms.ts";
import { originAlarms } from "./origin-alarms.ts";
import { salesAlarms } from "./sales-alarms.ts";

/** In the origin's region. */
export const alarmsAtOrigin: readonly AlarmDefinition<OriginWatched>[] = [
  ...moneyAlarms,
  ...salesAlarms,
  ...originAlarms,
];

/** In us-east-1. */
export const alarmsAtEdge: readonly AlarmDefinition<EdgeWatched>[] = edgeAlarms;

export const alarms: readonly AlarmDefinition[] = [...alarmsAtOrigin, ...alarmsAtEdge];

export const RUNBOOK = "docs/runbook.md";

/** Ends each alarm's description. */
export function runbookEntry(id: string): string {
  return `${RUNBOOK}#${id}`;
}
