/** One alarm of CloudWatch for each metric that a definition watches. */

import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import type { AlarmDefinition } from "./alarm-definition.ts";
import { runbookEntry } from "./alarms.ts";
import type { Instance } from "./expand.ts";

const operators = {
  ">=": ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  "<": ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

const treatments = {
  breaching: TreatMissingData.BREACHING,
  notBreaching: TreatMissingData.NOT_BREACHING,
  ignore: TreatMissingData.IGNORE,
} as const;

export function addAlarm(
  scope: Construct,
  definition: AlarmDefinition,
  { name, metric }: Instance,
  merchant: Merchant,
  topic: ITopic,
): Alarm {
  const { id, title, severity, why, threshold, goesOff, missing } = definition;
  const [datapointsToAlarm, evaluationPeriods] = definition.periods;
  const suffix = name === "" ? "" : `-${name}`;
  const alarm = new Alarm(scope, `${id}${suffix}`, {
    // Somebody reads this in a mail at night, so it is a name and not an identifier.
    alarmName: `${merchant.deployment.name}-${id}${suffix}`,
    alarmDescription: `${severity}: ${title}${name === "" ? "" : ` (${name})`}. ${why} ${runbookEntry(id)}`,
    metric,
    threshold: typeof threshold === "number" ? threshold : threshold(merchant),
    comparisonOperator: operators[goesOff],
    evaluationPeriods,
    datapointsToAlarm,
    treatMissingData: treatments[missing.treat],
  });
  const tell = new SnsAction(topic);
  alarm.addAlarmAction(tell);
  alarm.addOkAction(tell);
  return alarm;
}
