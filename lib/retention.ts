/** How long what is written down is kept, where no law and no ledger asks for more. */

import { Duration } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";

/** Logs of functions and of the API. Disputes are settled from the ledger; a log only helps to find a fault. */
export const LOG_RETENTION = RetentionDays.THREE_MONTHS;

/** Access logs, in their bucket. */
export const ACCESS_LOG_RETENTION = Duration.days(90);
