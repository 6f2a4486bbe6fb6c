/** What is wrong with how the program was called, and the text of `--help`. */

import { chains } from "../../protocol/network.ts";
import { USAGE_EXIT_CODE } from "../command.ts";
import { CRASH_EXIT_CODE, type Ending, endings } from "./outcome.ts";

export function helpText(): string {
  return `run-agent buys one thing from a URL that asks for an x402 payment in USDC.

Usage:
  run-agent --url URL [options]

Options:
  --url URL             what to buy; https, or http on this machine
  --method GET|POST     default: POST with a body, else GET
  --body JSON|@FILE     the request's JSON body, or a file that holds it
  --header LINE         a further request header, 'Name: value'; may be repeated
  --chain CHAIN         pay on this chain only: ${chains.join(", ")}
                        (default: the first one offered)
  --max-amount USDC     sign nothing above this price; default ${DEFAULT_MAX_AMOUNT}
  --agent-id NAME       sent as X-Agent-ID
  --timeout SECONDS     for the whole purchase; default ${DEFAULT_TIMEOUT_SECONDS}
  --key-file FILE       the private key, in a file that only you can read
  --json                print the result as one line of JSON, and nothing else
  --help                print this

The private key of the paying account is read from --key-file, or else from AGENT_PRIVATE_KEY.
One payment at most is signed. After a failure the same payment is sent again, never a second one.

Examples:
  AGENT_PRIVATE_KEY=0x… run-agent --url https://shop.example/report
  run-agent --key-file agent.key --url https://shop.example/v1/esim/activate \\
    --body '{"plan":"us-7day"}' --chain polygon --max-amount 5.00

Exit codes:
${exitCodeLines()}`;
}

/** USDC. */
export const DEFAULT_MAX_AMOUNT = "1.00";
/** A slow settlement, three retries and a while of waiting for an order. */
export const DEFAULT_TIMEOUT_SECONDS = 120;

function exitCodeLines(): string {
  const rows: readonly Ending[] = [
    ...Object.values(endings),
    { exitCode: CRASH_EXIT_CODE, meaning: "this program broke" },
    { exitCode: USAGE_EXIT_CODE, meaning: "the command line is wrong" },
  ];
  return [...rows]
    .sort((a, b) => a.exitCode - b.exitCode)
    .map(({ exitCode, meaning }) => `  ${exitCode.toString().padStart(2)}  ${meaning}`)
    .join("\n");
}
