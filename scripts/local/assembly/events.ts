/** What AWS hands to functions that nobody asked over HTTP: by the clock, and at a deployment. */

import { randomUUID } from "node:crypto";
import { LOCAL_ACCOUNT } from "../aws/credentials.ts";
import type { ScheduleModel, SeedModel } from "./functions.ts";

/** EventBridge User Guide, "Creating a rule that runs on a schedule". */
export function scheduledEvent({ ruleArn, region }: ScheduleModel): object {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: LOCAL_ACCOUNT,
    time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [ruleArn],
    detail: {},
  };
}

/** As the CDK's provider framework hands on CloudFormation's event. */
export function createEvent({ logicalId, properties }: SeedModel): object {
  return {
    RequestType: "Create",
    RequestId: randomUUID(),
    LogicalResourceId: logicalId,
    ResourceType: "Custom::SecretValue",
    ResourceProperties: properties,
  };
}
