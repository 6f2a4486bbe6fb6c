/** The agent as a command: from arguments and environment to output and exit code, with nothing of its own to decide. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { bytesToHex } from "../../protocol/hex.ts";
import { exitCodeOf, type Output } from "../command.ts";
import { buy } from "./buy.ts";
import { type Command, parseCommandLine } from "./command-line.ts";
import { findSigner } from "./key.ts";
import { endings } from "./outcome.ts";
import { progressLine, resultJson, resultText } from "./print.ts";
import type { Ports } from "./purchase.ts";
import { helpText } from "./usage.ts";

/** What a purchase needs from this machine. */
export function machinePorts(): Pick<Ports, "fetch" | "now" | "sleep" | "newNonce"> {
  return {
    fetch,
    now: Date.now,
    sleep: async (ms) => {
      await sleep(ms);
    },
    newNonce: () => bytesToHex(randomBytes(32)),
  };
}

/** Runs the command and returns its exit code. */
export async function runCommand(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  output: Output,
): Promise<number> {
  return exitCodeOf(async () => {
    const command = parseCommandLine(args);
    if (command.kind === "help") {
      output.out(helpText());
      return 0;
    }
    return runPurchase(command, environment, output);
  }, output);
}

async function runPurchase(
  { options, keyFile, json }: Extract<Command, { kind: "buy" }>,
  environment: NodeJS.ProcessEnv,
  output: Output,
): Promise<number> {
  const signer = findSigner(keyFile, environment);
  const result = await buy(options, {
    ...machinePorts(),
    signer,
    onProgress: (event) => {
      if (!json) output.out(progressLine(event));
    },
  });
  output.out(json ? resultJson(result) : resultText(result));
  return endings[result.outcome].exitCode;
}
