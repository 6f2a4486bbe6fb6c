/**
 * The CDK app. `cdk synth` reads `edge402.config.ts`, or another file with `-c config=PATH`, and secrets from the
 * environment; `-c sample=true` takes the sample's of both. Whatever is wrong is listed at once, and nothing is built.
 */

import { App } from "aws-cdk-lib";
import { buildApp } from "../lib/app.ts";
import { BundleError } from "../lib/bundle/bundle.ts";
import { prepare, RefusedError } from "../lib/prepare.ts";

// Or a refused app would still write an assembly, with nothing in it.
const app = new App({ autoSynth: false });
try {
  const { merchant, secrets, sample } = await prepare({
    config: app.node.tryGetContext("config"),
    sample: app.node.tryGetContext("sample"),
    env: process.env,
  });
  buildApp(app, merchant, secrets, { sample });
  app.synth();
} catch (error) {
  if (!(error instanceof RefusedError || error instanceof BundleError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
