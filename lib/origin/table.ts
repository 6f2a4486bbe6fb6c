/** The table of purchases, as `origin/store/STORAGE.md` describes it. */

import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table } from "aws-cdk-lib/aws-dynamodb";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { allow } from "../allow.ts";

const QUEUE_INDEX = "queue";
const FORGET_AT = "forgetAt";

/** It has no name of its own, so that a replacement can stand beside it and nobody takes another table for it. */
export class PurchaseTable extends Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      // Of the supplier's notifications alone. A purchase has no such attribute, and stays.
      timeToLiveAttribute: FORGET_AT,
    });
    this.addGlobalSecondaryIndex({
      indexName: QUEUE_INDEX,
      partitionKey: { name: "queue", type: AttributeType.STRING },
      sortKey: { name: "dueAt", type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }

  /** Reads and writes single items by their keys. Nothing is ever deleted by us, or scanned. */
  grantItems(grantee: IGrantable): void {
    allow(grantee, ["dynamodb:GetItem", "dynamodb:PutItem"], [this.tableArn]);
  }

  /** Adds to items in place: draws, to allotments. Everything else is put whole. */
  grantDraws(grantee: IGrantable): void {
    allow(grantee, ["dynamodb:UpdateItem"], [this.tableArn]);
  }

  /** Reads single items by their keys. */
  grantLook(grantee: IGrantable): void {
    allow(grantee, ["dynamodb:GetItem"], [this.tableArn]);
  }

  /** Lists what is due, or not archived. */
  grantQueue(grantee: IGrantable): void {
    allow(grantee, ["dynamodb:Query"], [`${this.tableArn}/index/${QUEUE_INDEX}`]);
  }

  /** For `/readyz`. */
  grantReadiness(grantee: IGrantable): void {
    allow(grantee, ["dynamodb:DescribeTable"], [this.tableArn]);
  }
}
