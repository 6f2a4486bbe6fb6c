/** Puts a purchase into words for a terminal, or into one line of JSON for a program. */

import { parseActivationCode } from "../../origin/esim/lpa.ts";
import { qrTerminal } from "../../origin/esim/qr.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc } from "../../protocol/money.ts";
import type { Progress, PurchaseResult } from "./purchase.ts";

/** One step, as it happens. */
export function progressLine(event: Progress): string {
  switch (event.kind) {
    case "requesting":
      return printable(`${event.method} ${event.url}`);
    case "payment_required": {
      const { amount, network, payTo } = event;
      return `402 Payment Required: ${formatUsdc(amount)} USDC on ${network.label} to ${checksumAddress(payTo)}`;
    }
    case "signed": {
      const until = new Date(Number(event.validBefore) * 1_000).toISOString();
      return `Signed ${formatUsdc(event.amount)} USDC on ${event.network.label} from ${checksumAddress(event.payer)}, valid until ${until}`;
    }
    case "retrying": {
      const what = event.paid ? "the same payment" : "the same request";
      return printable(`${event.reason}; sending ${what} again in ${event.waitMs / 1_000} s`);
    }
    case "polling":
      return printable(`Accepted; waiting for the order ${event.orderUrl}`);
  }
}

/** The end, for a person. */
export function resultText(result: PurchaseResult): string {
  const { outcome, detail, status, body, explorerUrl, orderUrl } = result;
  const lines: string[] = [];
  if (status !== null) {
    lines.push(`Status: ${status}`, "Body:", typeof body === "string" ? body : JSON.stringify(body, null, 2));
  }
  if (explorerUrl !== null) lines.push(`${explorerName(explorerUrl)}: ${explorerUrl}`);
  if (outcome !== "bought" && outcome !== "free") lines.push(`${outcome}: ${detail}`);
  if (outcome === "outcome_unknown" && orderUrl !== null) lines.push(`Order: ${orderUrl}`);
  const text = printable(lines.join("\n"));
  const code = activationCodeIn(body);
  return code === null ? text : `${text}\n${qrTerminal(code)}`;
}

/** The end, for a program. Amounts are decimal USDC. */
export function resultJson(result: PurchaseResult): string {
  const paid = result.paid === null ? null : { ...result.paid, amount: formatUsdc(result.paid.amount) };
  return printable(JSON.stringify({ ...result, paid }));
}

const explorerNames: Readonly<Record<string, string>> = {
  "polygonscan.com": "Polygonscan",
  "basescan.org": "Basescan",
  "sepolia.basescan.org": "Basescan (Sepolia)",
  "arbiscan.io": "Arbiscan",
};

function explorerName(url: string): string {
  return explorerNames[new URL(url).hostname] ?? "Transaction";
}

function activationCodeIn(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("qr_code" in body)) return null;
  const { qr_code: code } = body;
  return typeof code === "string" && parseActivationCode(code) !== null ? code : null;
}

/**
 * Control characters, line breaks and tabs aside, as visible escapes: what a server sends must not steer the terminal. Inside
 * JSON the escapes mean the same as the characters.
 */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, (found) =>
    Array.from(
      { length: found.length },
      (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
