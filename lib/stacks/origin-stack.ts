/** The stack in the origin's region: the eSIM store and what it keeps. */

import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY } from "aws-cdk-lib/cx-api";
import type { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import type { WatchedOrigin } from "../observability/watched.ts";
import { EsimOrigin } from "../origin/esim-origin.ts";
import type { DeploymentSecrets } from "../secrets.ts";

export interface OriginStackProps extends StackProps {
  readonly merchant: Merchant;
  readonly secrets: DeploymentSecrets;
}

export class OriginStack extends Stack {
  readonly origin: EsimOrigin;
  /** What alarms and graphs look at. */
  readonly watched: WatchedOrigin;

  constructor(scope: Construct, id: string, { merchant, secrets, ...props }: OriginStackProps) {
    super(scope, id, props);
    // Access logs of a bucket come by policy; the older way needs ACLs, which are off.
    this.node.setContext(S3_SERVER_ACCESS_LOGS_USE_BUCKET_POLICY, true);
    this.origin = new EsimOrigin(this, "Store", { merchant, secrets });
    const { api, table, refundKey, ledger } = this.origin;
    const { http, worker, scheduled, workQueue, workDeadLetters } = this.origin;
    this.watched = {
      functions: { http, worker },
      scheduled,
      workQueue,
      workDeadLetters,
      table,
      apiId: api.api.apiId,
    };
    const outputs: Readonly<Record<string, readonly [value: string, description: string]>> = {
      OriginUrl: [`https://${api.domainName}`, "The API, which answers only to the gateway"],
      TableName: [table.tableName, "Purchases"],
      LedgerBucket: [ledger.bucketName, "Archived ledgers, for npm run ledger"],
      RefundKeyId: [refundKey.keyId, "The refund wallet's key in AWS KMS"],
      RefundWallet: [
        `npm run doctor -- --refund-key-id ${refundKey.keyArn}`,
        "Prints the refund wallet's address, which must hold USDC on every network",
      ],
      ...(api.domainTarget === undefined
        ? {}
        : { OriginDomainTarget: [api.domainTarget, "What the API's own name must point to"] as const }),
    };
    for (const [id, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, id, { value, description });
    }
  }
}
