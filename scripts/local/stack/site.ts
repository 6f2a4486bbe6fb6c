/** Our own half of the local stack, the origin and the gateway's function, wired to whatever backends they are given. */

import { createOriginResponse, type OriginResponseHandler } from "../../../edge/origin-response-handler.ts";
import { createViewerRequest, type ViewerRequestHandler } from "../../../edge/viewer-request.ts";
import { createFolderObjects } from "../../../origin/archive/folder.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import { createOrigin, type Origin, type OriginSettings } from "../../../origin/origin.ts";
import { createLocalKeySigner } from "../../../origin/signer/local-key.ts";
import type { Config } from "../../../protocol/config.ts";
import { hexToBytes } from "../../../protocol/hex.ts";
import type { Distribution } from "../cloudfront/distribution.ts";
import type { LocalSecrets } from "./secrets.ts";

/** Where the origin finds what it works with; the chains and the facilitator are in its configuration. */
export type OriginBackends = Omit<OriginSettings, "refundSigner" | "archive"> & {
  /** The folder that ledgers are archived in. */
  readonly archiveDir: string;
};

export async function createLocalOrigin(
  config: Config,
  secrets: LocalSecrets,
  { archiveDir, ...backends }: OriginBackends,
  log: Parameters<typeof createOrigin>[3],
): Promise<Origin> {
  return createOrigin(
    config,
    {
      ...sharedKeys(secrets),
      accessSecrets: [hexToBytes(secrets.accessSecret)],
      supplierAccessCode: secrets.supplierAccessCode,
      supplierSecretKey: secrets.supplierSecretKey,
    },
    {
      ...backends,
      refundSigner: createLocalKeySigner(secrets.refundKey),
      archive: createArchive(await createFolderObjects(archiveDir)),
    },
    log,
  );
}

export function createLocalViewerRequest(
  config: Config,
  secrets: LocalSecrets,
  log: Parameters<typeof createViewerRequest>[2],
): ViewerRequestHandler {
  return createViewerRequest(config, sharedKeys(secrets), log);
}

export function createLocalOriginResponse(
  config: Config,
  secrets: LocalSecrets,
  log: Parameters<typeof createOriginResponse>[2],
): OriginResponseHandler {
  return createOriginResponse(config, sharedKeys(secrets), log);
}

/** @param originResponse where the origin knows nothing of payments */
export function localDistribution(
  originUrl: string,
  handler: ViewerRequestHandler,
  originResponse?: OriginResponseHandler,
): Distribution {
  return {
    id: "ELOCAL402",
    domainName: "local.cloudfront.net",
    origins: { api: { url: originUrl } },
    behaviors: [
      {
        pathPattern: "*",
        origin: "api",
        allowedMethods: "ALL",
        viewerRequest: { handler, includeBody: true },
        ...(originResponse === undefined ? {} : { originResponse: { handler: originResponse } }),
      },
    ],
  };
}

function sharedKeys(secrets: LocalSecrets) {
  return {
    cdpKeyId: secrets.cdpKeyId,
    cdpKeySecret: secrets.cdpKeySecret,
    invoiceKeys: [{ id: 1, secret: hexToBytes(secrets.invoiceKey) }],
    grantKeys: [{ id: 1, secret: hexToBytes(secrets.grantKey) }],
  };
}
