/** All that can be asked before deploying: the configuration, and everything in the world that it relies on. */

import { checkMerchant, checkPaywall, describeFault } from "../../../lib/checks.ts";
import { readSecrets, SecretsError } from "../../../lib/secrets.ts";
import type { Merchant } from "../../../protocol/merchant.ts";
import { type Check, failed, type Outcome, open, passed } from "../check.ts";
import { isLoopback, type RefundWallet } from "../command-line.ts";
import { cdpSecret, type Environment, supplierSecret } from "../environment.ts";
import { facilitatorChecks } from "./facilitator.ts";
import { networkChecks } from "./networks.ts";
import { refundWalletChecks, type WalletOfKey } from "./refund-wallet.ts";
import { supplierChecks } from "./supplier.ts";

export interface BeforePorts {
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** The account of a key in AWS KMS. */
  readonly walletOfKey: WalletOfKey;
}

export function checksBefore(
  merchant: Merchant,
  environment: Environment,
  refundWallet: RefundWallet | null,
  ports: BeforePorts,
): readonly Check[] {
  const { config } = merchant;
  return [
    { name: "deployment", run: async () => judgeDeployment(merchant) },
    { name: "secrets", run: async () => judgeSecrets(environment) },
    ...facilitatorChecks({ config, cdp: cdpSecret(environment), ...ports }),
    ...networkChecks(config.networks, ports.now),
    ...supplierChecks(merchant, supplierSecret(environment), ports.now),
    ...refundWalletChecks(config, refundWallet, ports.walletOfKey),
  ];
}

/** What `cdk synth` would refuse. */
function judgeDeployment(merchant: Merchant): Outcome {
  const { config, deployment } = merchant;
  if (isLoopback(config.publicUrl)) return open("not checked, publicUrl is this machine's");
  const faults = config.settle === "origin-response" ? checkPaywall(merchant) : checkMerchant(merchant);
  if (faults.length === 0) return passed(`${deployment.name}, origin in ${deployment.originRegion}`);
  return failed(
    faults.map(describeFault).join("\n"),
    "Mend these in the configuration; cdk synth refuses them.",
  );
}

/** What `cdk deploy` takes from the environment, all of it. */
function judgeSecrets(environment: Environment): Outcome {
  try {
    const { keys } = readSecrets(environment);
    return passed(`complete, ${keys.length === 1 ? "one master key" : `${keys.length} master keys`}`);
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error;
    return failed(error.faults.join("\n"), "Set these in the environment before cdk deploy.");
  }
}
