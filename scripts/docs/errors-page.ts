/** The page that lists every error code, made from the table that the code itself answers from. */

import { type ErrorCode, errorTable, problem } from "../../protocol/errors.ts";

const ACTIONS: readonly (readonly [string, string])[] = [
  ["resign", "sign a new payment; the earlier one can't be taken, or was paid back"],
  ["retry_same_payment", "send the very same payment again; a second one could be taken too"],
  ["poll", "ask for the order at `Location` with its access token"],
  ["wait_and_retry", "wait (`Retry-After` says how long), then send the same request again"],
  ["abandon", "this request can't succeed as it is"],
  ["human_required", "somebody has to do something first, such as fund the wallet"],
];

const STATES: readonly (readonly [string, string])[] = [
  ["unused", "nothing was taken"],
  ["in_flight", "it may be taken yet"],
  ["settled", "the merchant has it"],
  ["refunded", "it was paid back on chain"],
];

/** Markdown, with a newline at its end. */
export function errorsPage(): string {
  const rows = Object.keys(errorTable).filter(isErrorCode).map(row);
  return [
    "# Errors",
    "",
    "Every error of the gateway and the origin is a problem document (RFC 9457) with these fields beside the usual",
    "ones. A 402 holds them next to `accepts`. Where `payment_state` is empty here, the answer says what was the case,",
    "or nothing where nobody can know.",
    "",
    "| code | status | `retry_action` | `payment_state` | what it means |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    "## `retry_action`",
    "",
    ...ACTIONS.map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
    "",
    "## `payment_state`",
    "",
    ...STATES.map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
    "",
    "This page is written by `npm run docs:errors` from `protocol/errors.ts`.",
    "",
  ].join("\n");
}

function row(code: ErrorCode): string {
  const { status, retry_action, payment_state, title } = problem(code);
  return `| \`${code}\` | ${status} | \`${retry_action}\` | ${payment_state === undefined ? "" : `\`${payment_state}\``} | ${title} |`;
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}
