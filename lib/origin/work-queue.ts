/** Queues: purchases that the worker is to drive on at once, and what failed, which waits for a person. */

import { Duration } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { allow } from "../allow.ts";

/** Where SQS may hand a message out again while its first reader still works on it. AWS's advice for Lambda. */
const VISIBILITY_PER_TIMEOUT = 6;

/** Then it lies in the dead-letter queue. The sweeper drives the purchase on whatever becomes of the message. */
const MAX_RECEIVES = 3;

/** The longest that SQS offers. */
const DEAD_LETTER_RETENTION = Duration.days(14);

/** No longer than this: what the worker did not reach in a day, the sweeper has. */
const WORK_RETENTION = Duration.days(1);

export function deadLetterQueue(scope: Construct, id: string): Queue {
  return new Queue(scope, id, {
    enforceSSL: true,
    encryption: QueueEncryption.SQS_MANAGED,
    retentionPeriod: DEAD_LETTER_RETENTION,
  });
}

export class WorkQueue extends Queue {
  constructor(scope: Construct, id: string, workerTimeout: Duration, deadLetters: Queue) {
    super(scope, id, {
      enforceSSL: true,
      encryption: QueueEncryption.SQS_MANAGED,
      retentionPeriod: WORK_RETENTION,
      visibilityTimeout: Duration.seconds(VISIBILITY_PER_TIMEOUT * workerTimeout.toSeconds()),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
  }

  grantHandOver(grantee: IGrantable): void {
    allow(grantee, ["sqs:SendMessage"], [this.queueArn]);
  }
}
