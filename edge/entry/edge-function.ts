/** How both edge functions begin: nothing happens before the first call, which reads what the bundle was built with. */

import type { Config } from "../../protocol/config.ts";
import { lazily } from "../../protocol/lazily.ts";
import { reviveConfig } from "../../protocol/sealed-config.ts";
import { createPost } from "../adapters/http-post.ts";
import { lambdaCredentials, secretsManagerEndpoint } from "../adapters/lambda-environment.ts";
import { createSecretReader } from "../adapters/secrets-manager.ts";
import { writeOut } from "../adapters/standard-output.ts";
import type { TracedLog } from "../log.ts";
import { checkCdpKey, type EdgeSecrets } from "../secrets.ts";
import { createEdgeSink } from "../telemetry.ts";
import { withReadSecrets } from "./read-secrets.ts";
import { type BundledSecrets, builtInSecrets } from "./secrets-json.ts";

type Handler<Event, Answer> = (event: Event) => Promise<Answer>;

export interface EdgeFunction<Event, Answer> {
  create(config: Config, secrets: EdgeSecrets, log: TracedLog): Handler<Event, Answer>;
  /** The answer while the secrets can't be had. */
  notReady(event: Event): Answer;
}

export function edgeFunction<Event, Answer>(parts: EdgeFunction<Event, Answer>): Handler<Event, Answer> {
  const handler = lazily(() => begin(parts));
  return (event) => handler()(event);
}

/** The branch that is not taken is no part of the bundle: with inline secrets nothing in it could read the environment. */
function begin<Event, Answer>(parts: EdgeFunction<Event, Answer>): Handler<Event, Answer> {
  const config = reviveConfig(EDGE402_SEALED_CONFIG);
  const now = () => Date.now();
  const log = createEdgeSink({
    service: config.serviceName,
    write: writeOut,
    // Not later: Lambda may freeze the function once its runtime has asked for the next event, which it does after this.
    afterAnswer: setImmediate,
    now,
  });
  if (EDGE402_INLINE_SECRETS !== undefined) {
    const { secrets }: Extract<BundledSecrets, { kind: "inline" }> = JSON.parse(EDGE402_INLINE_SECRETS);
    return parts.create(config, builtInSecrets(secrets), log);
  } else {
    const place: Extract<BundledSecrets, { kind: "secrets-manager" }> = JSON.parse(
      EDGE402_SECRET_PLACE ?? "",
    );
    const { secretId, region } = place;
    const read = createSecretReader({
      secretId,
      region,
      endpoint: secretsManagerEndpoint(),
      credentials: lambdaCredentials,
      post: createPost(),
      now,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    return withReadSecrets(parts, { config, read, check: checkCdpKey, now, log });
  }
}
