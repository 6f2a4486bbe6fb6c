/** The HTTP API in front of the origin's function. */

import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  type DomainMappingOptions,
  DomainName,
  HttpApi,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Deployment } from "../../protocol/deployment.ts";
import { acknowledge } from "../nag.ts";
import { LOG_RETENTION } from "../retention.ts";

/** HTTP API's own limit for an integration, and its default; CDK lets nobody write it down. */
export const API_TIMEOUT = Duration.seconds(30);

/** No query, which may carry an order's token, and no headers. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: "$context.requestId",
    time: "$context.requestTimeEpoch",
    ip: "$context.identity.sourceIp",
    method: "$context.httpMethod",
    path: "$context.path",
    status: "$context.status",
    bytes: "$context.responseLength",
    latencyMs: "$context.responseLatency",
    integrationMs: "$context.integrationLatency",
    integrationError: "$context.integrationErrorMessage",
  }),
);

export interface OriginApiProps {
  readonly handler: IFunction;
  readonly throttle: Deployment["throttle"];
  /** @default the API answers at its own address, to whoever holds a grant */
  readonly mtls?: NonNullable<Deployment["originMtls"]>;
}

export class OriginApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** Where CloudFront finds the API. */
  readonly domainName: string;
  /** What the API's own name must point to, if it has one. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, { handler, throttle, mtls }: OriginApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, "Api", {
      createDefaultStage: false,
      defaultIntegration: new HttpLambdaIntegration("Http", handler),
      // Without mTLS the endpoint stays: the grant is what closes the origin, and CloudFront needs an address.
      disableExecuteApiEndpoint: mtls !== undefined,
    });
    const domain = mtls === undefined ? undefined : this.ownDomain(mtls);
    const domainMapping: DomainMappingOptions | undefined =
      domain === undefined ? undefined : { domainName: domain };
    this.stage = new HttpStage(this, "Stage", {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, "AccessLogs", {
            retention: LOG_RETENTION,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: ACCESS_LOG,
      },
      ...(domainMapping === undefined ? {} : { domainMapping }),
    });
    acknowledge(this.api, "grantInsteadOfAuthorizer");
    this.domainTarget = domain?.regionalDomainName;
    this.domainName =
      mtls?.domainName ?? `${this.api.apiId}.execute-api.${Stack.of(this).region}.${Aws.URL_SUFFIX}`;
  }

  private ownDomain({ domainName, certificateArn, truststoreUri }: NonNullable<OriginApiProps["mtls"]>) {
    const { hostname: bucket, pathname } = new URL(truststoreUri);
    return new DomainName(this, "Domain", {
      domainName,
      certificate: Certificate.fromCertificateArn(this, "Certificate", certificateArn),
      mtls: { bucket: Bucket.fromBucketName(this, "Truststore", bucket), key: pathname.slice(1) },
    });
  }
}
