/** The program of a child process: an origin behind API Gateway, or a gateway behind CloudFront. */

import { once } from "node:events";
import * as v from "valibot";
import { parseConfig } from "../../../protocol/config.ts";
import { startApiGateway } from "../api-gateway/api-gateway.ts";
import { startCloudFront } from "../cloudfront/cloudfront.ts";
import { createClosers } from "../stack/closers.ts";
import { startSchedules } from "../stack/schedules.ts";
import { createLocalOrigin, createLocalViewerRequest, localDistribution } from "../stack/site.ts";
import { type GatewayJob, jobSchema, type OriginJob } from "./job.ts";

const nobody = () => {};

async function startOrigin(job: OriginJob): Promise<string> {
  const { config, secrets, table, dynamo, supplierUrl, archiveDir, fulfilWithinMs } = job;
  const backends = { table, dynamo, supplierUrl, archiveDir, fulfilWithinMs };
  const origin = await createLocalOrigin(parseConfig(config), secrets, backends, nobody);
  startSchedules(origin, createClosers());
  return (await startApiGateway({ handler: origin.handler })).url;
}

async function startGateway({ config, secrets, originUrl }: GatewayJob): Promise<string> {
  const handler = createLocalViewerRequest(parseConfig(config), secrets, nobody);
  return (await startCloudFront({ distribution: localDistribution(originUrl, handler) })).url;
}

// Whoever started this process holds the channel: when that ends, so does this, a SIGKILL of the parent included.
process.once("disconnect", () => process.exit());

const [message] = await once(process, "message");
const job = v.parse(jobSchema, message);
const url = job.role === "origin" ? await startOrigin(job) : await startGateway(job);
process.send?.({ url });
