/** Names and addresses on the internet: what is public, who answers there, and which certificate is where. */

import type { Deployment } from "../../protocol/deployment.ts";
import type { Merchant } from "../../protocol/merchant.ts";
import type { Fault } from "./fault.ts";

/** Where CloudFront and Lambda@Edge take their certificates and functions from. */
export const EDGE_REGION = "us-east-1";

/** RFC 2606 and RFC 6761, and names that only a private network knows. */
const RESERVED =
  /(?:^|\.)(?:example\.(?:com|net|org)|example|test|invalid|localhost|local|internal)$|^127\.|^0\.|^\[::1?\]$/;

function isReserved(host: string): boolean {
  return RESERVED.test(host);
}

export function hostFaults({ config, deployment }: Merchant): Fault[] {
  const { domain, originMtls, supplierUrl, otlpUrl, alarmEmail } = deployment;
  const urls: readonly (readonly [string, string | undefined])[] = [
    ["publicUrl", config.publicUrl],
    ["facilitatorUrl", config.facilitatorUrl],
    ...config.networks.map(({ rpcUrl }, index) => [`networks.${index}.rpcUrl`, rpcUrl] as const),
    ["usage.recordsUrl", config.usage?.recordsUrl],
    ["deploy.supplierUrl", supplierUrl],
    ["deploy.otlpUrl", otlpUrl],
  ];
  const hosts = [
    ...urls.map(([path, url]) => [path, url === undefined ? undefined : new URL(url).hostname] as const),
    ["deploy.domain.name", domain?.name] as const,
    ["deploy.originMtls.domainName", originMtls?.domainName] as const,
    ["deploy.alarmEmail", alarmEmail?.slice(alarmEmail.lastIndexOf("@") + 1)] as const,
  ];
  return [
    ...hosts
      .filter(([, host]) => host !== undefined && isReserved(host))
      .map(([path]) => ({
        path,
        problem: "this name is for examples, or for this machine alone",
        fix: "write one that is reached from AWS",
      })),
    ...publicUrlFaults(config.publicUrl, domain?.name),
    ...certificateFaults(deployment),
  ];
}

function publicUrlFaults(publicUrl: string, domain: string | undefined): Fault[] {
  const path = "publicUrl";
  const { host, pathname } = new URL(publicUrl);
  if (isReserved(host)) return [];
  if (pathname !== "/") {
    return [{ path, problem: "the gateway's paths begin at the root", fix: "leave the path out" }];
  }
  if (domain !== undefined && host !== domain) {
    return [{ path, problem: "agents would be sent elsewhere", fix: `write https://${domain}` }];
  }
  if (domain === undefined && !host.endsWith(".cloudfront.net")) {
    return [
      {
        path,
        problem: "without a domain of its own the distribution answers under *.cloudfront.net only",
        fix: "write the stack's output PublicUrl (any *.cloudfront.net until it is known), or set deploy.domain",
      },
    ];
  }
  return [];
}

function certificateFaults({ domain, originMtls, originRegion }: Deployment): Fault[] {
  const certificates: readonly (readonly [string, string | undefined, string])[] = [
    ["deploy.domain.certificateArn", domain?.certificateArn, EDGE_REGION],
    ["deploy.originMtls.certificateArn", originMtls?.certificateArn, originRegion],
    ["deploy.originMtls.clientCertificateArn", originMtls?.clientCertificateArn, EDGE_REGION],
  ];
  return certificates
    .filter(([, arn, region]) => arn !== undefined && arn.split(":")[3] !== region)
    .map(([path, , region]) => ({
      path,
      problem: "the certificate is in another region than the one it is used from",
      fix: `request one in ${region}`,
    }));
}
