/** The refund wallet's key, which signs inside AWS KMS and never leaves it. */

import { RemovalPolicy } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { allow } from "../allow.ts";

/** Kept when the stack goes: with the key the wallet's money would be lost. */
export class RefundKey extends Key {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      description: "Refund wallet of edge402: signs EIP-3009 payments back to payers",
      keySpec: KeySpec.ECC_SECG_P256K1,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Knows the wallet's address. */
  grantAddress(grantee: IGrantable): void {
    allow(grantee, ["kms:GetPublicKey"], [this.keyArn]);
  }

  /** Spends the wallet's money. */
  grantRefunds(grantee: IGrantable): void {
    this.grantAddress(grantee);
    allow(grantee, ["kms:Sign"], [this.keyArn], {
      StringEquals: { "kms:SigningAlgorithm": "ECDSA_SHA_256" },
    });
  }
}
