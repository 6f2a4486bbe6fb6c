/** Reads the supplier's timestamps, which are UTC whether or not they say so. Pure. */

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|([+-]\d{2}):?(\d{2}))?$/;

/** Milliseconds since 1970, or null when the text is no timestamp. `Date.parse` would take one without a zone as local time. */
export function parseSupplierTime(text: string): number | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, date, time, hours, minutes] = match;
  const zone = hours === undefined || minutes === undefined ? "Z" : `${hours}:${minutes}`;
  const ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? null : ms;
}
