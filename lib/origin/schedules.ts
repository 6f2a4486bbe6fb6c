/** What runs by the clock at the origin. */

import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** A purchase whose driver died waits this long at most. */
export const SWEEP_EVERY = Duration.minutes(1);
/** Twice within the five minutes after which an unclaimed payment is given back. */
export const RECONCILE_EVERY = Duration.minutes(2);
export const EXPORT_EVERY = Duration.minutes(5);
/** The gauges' resolution. */
export const WATCH_EVERY = Duration.minutes(1);

/** A pool lasts at least as long as a fifth of it sells. */
export const TEND_EVERY = Duration.minutes(1);

interface ScheduledFunctionProps {
  readonly every: Duration;
  readonly target: IFunction;
  /** Takes the events that could not be handed to the function. */
  readonly deadLetters: IQueue;
}

/** Not tried again, as the next run does the same and more. */
export function scheduleFunction(
  scope: Construct,
  id: string,
  { every, target, deadLetters }: ScheduledFunctionProps,
): Rule {
  return new Rule(scope, id, {
    schedule: Schedule.rate(every),
    targets: [
      new LambdaFunction(target, { deadLetterQueue: deadLetters, retryAttempts: 0, maxEventAge: every }),
    ],
  });
}
