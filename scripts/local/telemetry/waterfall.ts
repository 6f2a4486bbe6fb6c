/** One trace as text: what was done under what, when, and for how long. */

import type { Span } from "./spans.ts";

/** Columns. */
const BAR = 40;
const NAME = 32;

/** Not drawn one by one: asking again and again is one thing to a reader. */
const REPEATED = 3;

interface Row {
  readonly depth: number;
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Milliseconds spent in it; less than from start to end where it was done more than once. */
  readonly ms: number;
  readonly isError: boolean;
}

/** @param spans of one trace, in any order; a span whose parent is not among them stands at the top */
export function waterfall(spans: readonly Span[]): string {
  const rows = rowsOf(spans);
  if (rows.length === 0) return "";
  const start = Math.min(...rows.map(({ startedAt }) => startedAt));
  const end = Math.max(...rows.map(({ endedAt }) => endedAt));
  const column = (at: number) => Math.floor(((at - start) / Math.max(end - start, 1)) * (BAR - 1));
  return rows
    .map(({ depth, name, startedAt, endedAt, ms, isError }) => {
      const [from, to] = [column(startedAt), column(endedAt)];
      const bar = `${" ".repeat(from)}${"█".repeat(to - from + 1)}`.padEnd(BAR);
      const label = `${"  ".repeat(depth)}${name}`.padEnd(NAME).slice(0, NAME);
      return `${label} ${bar} ${Math.round(ms).toString().padStart(6)} ms${isError ? " failed" : ""}`;
    })
    .join("\n");
}

function rowsOf(spans: readonly Span[]): readonly Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const isTop = ({ parentId }: Span) => parentId === null || !ids.has(parentId);
  const below = (parent: Span, depth: number): readonly Row[] => [
    { depth, ...parent, ms: parent.endedAt - parent.startedAt },
    ...level(
      spans.filter(({ parentId, spanId }) => parentId === parent.spanId && spanId !== parentId),
      depth + 1,
    ),
  ];
  const level = (siblings: readonly Span[], depth: number): readonly Row[] =>
    grouped([...siblings].sort((a, b) => a.startedAt - b.startedAt)).flatMap(([first, ...others]) =>
      others.length + 1 < REPEATED
        ? [first, ...others].flatMap((span) => below(span, depth))
        : [together([first, ...others], depth)],
    );
  return level(spans.filter(isTop), 0);
}

type Group = readonly [Span, ...Span[]];

/** By name, each group where its first span is. */
function grouped(siblings: readonly Span[]): readonly Group[] {
  const groups = new Map<string, [Span, ...Span[]]>();
  for (const span of siblings) {
    const group = groups.get(span.name);
    if (group === undefined) groups.set(span.name, [span]);
    else group.push(span);
  }
  return [...groups.values()];
}

function together(group: Group, depth: number): Row {
  const [first] = group;
  return {
    depth,
    name: `${first.name} ×${group.length}`,
    startedAt: first.startedAt,
    endedAt: Math.max(...group.map(({ endedAt }) => endedAt)),
    ms: group.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0),
    isError: group.some(({ isError }) => isError),
  };
}
