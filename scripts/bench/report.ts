/** The run as one table and a line for each target, or as JSON. */

import { contestantNames, OURS } from "./edge/contestants.ts";
import { type Figures, type Metric, metrics } from "./edge/figures.ts";
import type { EdgeResult } from "./edge/measure.ts";
import type { OriginResult } from "./origin/measure.ts";
import { ratio } from "./statistics.ts";
import { formatFigure, formatRatio, renderTable } from "./table.ts";
import type { Verdict } from "./targets.ts";

export interface Run {
  readonly edge: EdgeResult;
  readonly origin: OriginResult;
  readonly verdicts: readonly Verdict[];
  readonly quick: boolean;
}

export function reportText({ edge, origin, verdicts, quick }: Run): string {
  return [
    edgeTable(edge.samples.figures()),
    "",
    "In brackets: edge402's as a multiple of it. Medians of fresh processes that took turns.",
    ...(edge.noQuota === null ? [] : [`Not measured under a small share of a core: ${edge.noQuota}.`]),
    ...(quick ? ["A quick run: few repetitions, so the figures wander."] : []),
    "",
    rejectionTable(edge.rejections),
    "",
    originTable(origin),
    "",
    verdictTable(verdicts),
  ].join("\n");
}

export function edgeTable(figures: Figures): string {
  const rows = metricNames().map((metric) => {
    const { title, unit } = metrics[metric];
    const ours = figures(OURS, metric);
    return [
      title,
      ...contestantNames.map((name) => {
        const value = figures(name, metric);
        const text = formatFigure(value, unit);
        if (name === OURS || unit === "count" || value === null || ours === null) return text;
        return `${text} (${formatRatio(ratio(ours, value))})`;
      }),
    ];
  });
  return renderTable([["", ...contestantNames], ...rows]);
}

function metricNames(): readonly Metric[] {
  return Object.keys(metrics).filter((name): name is Metric => Object.hasOwn(metrics, name));
}

const outcomes = { asked_to_pay: "402", sold: "sold", looked_up: "look-up", failed: "failed" } as const;

function rejectionTable(rejections: EdgeResult["rejections"]): string {
  const rows = (["forged", "underpaid", "expired", "lapsed"] as const).map((kind) => [
    `a payment that is ${kind}: answer, facilitator calls`,
    ...contestantNames.map((name) => {
      const checked = rejections.get(name)?.[kind];
      return checked === undefined ? "–" : `${outcomes[checked.outcome]}, ${checked.facilitatorCalls}`;
    }),
  ]);
  return renderTable([["", ...contestantNames], ...rows]);
}

function originTable({ costs, throughputs }: OriginResult): string {
  const count = (value: number) => formatFigure(value, "count");
  const table = renderTable([
    ["one purchase at the table", "requests", "read units", "write units", "write units an eSIM"],
    ...costs.map(({ what, requests, readUnits, writeUnits, esims }) => [
      what,
      ...[requests, readUnits, writeUnits, writeUnits / esims].map(count),
    ]),
  ]);
  const speed = renderTable([
    ["the whole local stack, 8 buyers at once", "purchases a second", "eSIMs a second", "not from the pool"],
    ...throughputs.map(({ what, purchasesPerSecond, esimsPerSecond, ordered }) => [
      what,
      ...[purchasesPerSecond, esimsPerSecond].map((value) => value.toFixed(1)),
      String(ordered),
    ]),
  ]);
  return `${table}\n\n${speed}`;
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  return renderTable([
    ["target", "measured", "at most", ""],
    ...verdicts.map(({ target, value, limit, unit, ok }) => [
      target,
      amount(value, unit),
      amount(limit, unit),
      ok ? "ok" : "MISSED",
    ]),
  ]);
}

function amount(value: number | null, unit: Verdict["unit"]): string {
  if (unit === "×") return formatRatio(value);
  return `${formatFigure(value, unit === "bytes" ? "bytes" : "count")} ${unit}`;
}

export function reportJson({ edge, origin, verdicts, quick }: Run) {
  const figures = edge.samples.figures();
  const medians = contestantNames.map((name) => [
    name,
    Object.fromEntries(metricNames().map((metric) => [metric, figures(name, metric)])),
  ]);
  return {
    node: process.version,
    quick,
    ok: verdicts.every(({ ok }) => ok),
    targets: verdicts,
    medians: Object.fromEntries(medians),
    samples: edge.samples.all(),
    rejections: Object.fromEntries(edge.rejections),
    noQuota: edge.noQuota,
    origin,
  };
}
