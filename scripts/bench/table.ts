/** Figures as a person reads them. */

import type { Unit } from "./edge/figures.ts";

/** Columns as wide as what is in them: the first to the left, the others to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

const MEGABYTE = 1_000_000;

/** A dash for what was not measured. */
export function formatFigure(value: number | null, unit: Unit): string {
  if (value === null) return "–";
  switch (unit) {
    case "bytes":
      return Math.round(value).toLocaleString("en-US");
    case "megabytes":
      return `${(value / MEGABYTE).toFixed(1)} MB`;
    case "ms":
      return `${threeDigits(value)} ms`;
    case "count":
      return String(Number(value.toFixed(2)));
  }
}

export function formatRatio(value: number | null): string {
  return value === null ? "–" : `${value < 10 ? value.toFixed(2) : Math.round(value)}×`;
}

/** More would be noise. */
function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}
