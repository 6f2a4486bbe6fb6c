/** The demonstration purchase: the agent buys the 7-day US plan from the stack that was just started. */

import { parseUsdc, usdc } from "../../protocol/money.ts";
import { buy } from "../agent/buy.ts";
import { machinePorts } from "../agent/command.ts";
import type { Progress, PurchaseResult } from "../agent/purchase.ts";
import { localSigner } from "../agent/sign.ts";
import type { Stack } from "../local/stack/start-stack.ts";

const MAX_AMOUNT = parseUsdc("5.00") ?? usdc(0n);

const TIMEOUT_MS = 90_000;

export function buyOnce(stack: Stack, onProgress: (event: Progress) => void): Promise<PurchaseResult> {
  return buy(
    {
      url: new URL(`${stack.url}/v1/esim/activate`),
      method: "POST",
      headers: { "content-type": "application/json", "x-agent-id": "edge402-demo" },
      body: JSON.stringify({ plan: "us-7day", device_id: "drone-47" }),
      chain: null,
      maxAmount: MAX_AMOUNT,
      timeoutMs: TIMEOUT_MS,
    },
    { ...machinePorts(), signer: localSigner(stack.secrets.payerKey), onProgress },
  );
}
