/** The AWS clients of the origin's functions. Regions, credentials and endpoints are the environment's. */

import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";

/** The SDK would wait for a silent service without end. A buyer may be waiting: two tries. Milliseconds. */
const IMPATIENT = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 700, throwOnRequestTimeout: true },
} as const;

/** Nobody waits, and objects are large. Milliseconds. */
const PATIENT = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
} as const;

export const secretsManager = () => new SecretsManagerClient(IMPATIENT);
export const sqs = () => new SQSClient(IMPATIENT);
/** Whoever signs sets the deadline. */
export const kms = () => new KMSClient({});
export const s3 = () => new S3Client(PATIENT);
