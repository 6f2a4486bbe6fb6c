/** Synthesizes the CDK app for this machine, in this process: what `cdk synth` writes, with local addresses and keys. */

import { App, Stack } from "aws-cdk-lib";
import { OriginProtocolPolicy } from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { buildApp } from "../../../lib/app.ts";
import { X402Paywall } from "../../../lib/paywall/paywall.ts";
import type { DeploymentSecrets } from "../../../lib/secrets.ts";
import { type MerchantInput, parseMerchant } from "../../../protocol/merchant.ts";

export interface SynthesizeOptions {
  /** Where to write it. */
  readonly directory: string;
  readonly merchant: MerchantInput;
  readonly secrets: DeploymentSecrets;
}

/** Gateway and eSIM store. @throws ConfigError */
export function synthesizeStore({ directory, merchant, secrets }: SynthesizeOptions): void {
  const app = new App({ outdir: directory });
  buildApp(app, parseMerchant(merchant), secrets, { local: true });
  app.synth();
}

/** The gateway alone, in front of an origin that is asked without TLS. @throws ConfigError */
export function synthesizePaywall(
  { directory, merchant, secrets }: SynthesizeOptions,
  originUrl: string,
): void {
  const app = new App({ outdir: directory });
  const stack = new Stack(app, "edge402-paywall", { env: { region: "us-east-1" } });
  const { hostname, port } = new URL(originUrl);
  new X402Paywall(stack, "Paywall", {
    config: merchant,
    secrets,
    origin: new HttpOrigin(hostname, {
      httpPort: Number(port),
      protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
    }),
    local: true,
  });
  app.synth();
}
