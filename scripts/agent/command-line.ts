/** Parses the command line. What comes out can be bought with; what is wrong is a `UsageError`. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { HEADER, PAYMENT_HEADERS } from "../../protocol/headers.ts";
import { parseUsdc, type Usdc } from "../../protocol/money.ts";
import { type Chain, chains, networkByChain } from "../../protocol/network.ts";
import { parseJson } from "../../protocol/text.ts";
import { UsageError } from "../command.ts";
import type { PurchaseOptions } from "./purchase.ts";
import { DEFAULT_MAX_AMOUNT, DEFAULT_TIMEOUT_SECONDS } from "./usage.ts";

export type Command =
  | { readonly kind: "help" }
  | {
      readonly kind: "buy";
      readonly options: PurchaseOptions;
      readonly keyFile: string | null;
      readonly json: boolean;
    };

const MAX_TIMEOUT_SECONDS = 3_600;

const options = {
  url: { type: "string" },
  method: { type: "string" },
  body: { type: "string" },
  header: { type: "string", multiple: true },
  chain: { type: "string" },
  "max-amount": { type: "string" },
  "agent-id": { type: "string" },
  timeout: { type: "string" },
  "key-file": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): Command {
  const values = readArgs(args);
  if (values.help === true) return { kind: "help" };
  const body = values.body === undefined ? null : bodyOf(values.body);
  return {
    kind: "buy",
    options: {
      url: urlOf(values.url),
      method: methodOf(values.method, body),
      headers: headersOf(values.header ?? [], values["agent-id"], body),
      body,
      chain: chainOf(values.chain),
      maxAmount: amountOf(values["max-amount"] ?? DEFAULT_MAX_AMOUNT),
      timeoutMs: secondsOf(values.timeout) * 1_000,
    },
    keyFile: values["key-file"] ?? null,
    json: values.json === true,
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // The message quotes the argument it did not expect, and that may be a key given in the wrong place.
    const message = error instanceof Error ? error.message : "The command line can't be read.";
    throw new UsageError(message.replaceAll(/[0-9a-f]{64}/gi, "…"));
  }
}

function urlOf(text: string | undefined): URL {
  if (text === undefined) throw new UsageError("--url is missing.");
  if (!URL.canParse(text)) throw new UsageError("--url is not a URL.");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw new UsageError("--url must not hold a password.");
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  // Whoever sits between could put another recipient into the challenge.
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw new UsageError("--url must be https; plain http is for this machine only.");
  }
  url.hash = "";
  return url;
}

function methodOf(text: string | undefined, body: string | null): "GET" | "POST" {
  const method = text ?? (body === null ? "GET" : "POST");
  if (method !== "GET" && method !== "POST") throw new UsageError("--method is GET or POST.");
  if (method === "GET" && body !== null) throw new UsageError("A GET request has no --body.");
  return method;
}

function bodyOf(text: string): string {
  const body = text.startsWith("@") ? readBodyFile(text.slice(1)) : text;
  if (parseJson(body) === undefined) throw new UsageError("--body is not JSON, or names one key twice.");
  return body;
}

function readBodyFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`The file ${path} for --body can't be read.`);
  }
}

function headersOf(
  lines: readonly string[],
  agentId: string | undefined,
  body: string | null,
): Record<string, string> {
  const headers = new Headers(body === null ? {} : { "content-type": "application/json" });
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (PAYMENT_HEADERS.includes(name)) throw new UsageError(`--header ${name} is the agent's own to set.`);
    setHeader(headers, name, line.slice(colon + 1).trim());
  }
  if (agentId !== undefined) {
    if (!/^[\x21-\x7e]{1,128}$/.test(agentId)) {
      throw new UsageError("--agent-id is 1 to 128 printable ASCII characters without spaces.");
    }
    setHeader(headers, HEADER.agentId, agentId);
  }
  return Object.fromEntries(headers);
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    // The original message quotes the value, which may be a secret.
    throw new UsageError("A --header is written 'Name: value', in characters that HTTP allows.");
  }
}

function chainOf(text: string | undefined): Chain | null {
  if (text === undefined) return null;
  const network = networkByChain(text);
  if (network === undefined) throw new UsageError(`--chain is one of ${chains.join(", ")}.`);
  return network.chain;
}

function amountOf(text: string): Usdc {
  const amount = parseUsdc(text);
  if (amount === undefined) {
    throw new UsageError("--max-amount is an amount of USDC with at most six decimals, like 5.00.");
  }
  return amount;
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_SECONDS;
  const seconds = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
    throw new UsageError(`--timeout is a number of seconds from 1 to ${MAX_TIMEOUT_SECONDS}.`);
  }
  return seconds;
}
