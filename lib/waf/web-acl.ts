/** AWS WAF in front of the gateway, so that a flood costs no function call and no facilitator call. */

import { CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";

/** The web ACL's name in CloudWatch. */
export const WEB_ACL_METRIC = "Edge402";

/** AWS WAF counts over this window. Seconds. */
const RATE_WINDOW_SECONDS = 300;

/** What an agent is told to wait before it comes back. Seconds. */
const RETRY_AFTER_SECONDS = 60;

const TOO_MANY_REQUESTS = 429;
const RATE_BODY = "tooManyRequests";

/** Rules that would refuse what agents rightly send. They count, so that the metrics still show them. */
const counted = {
  // The gateway refuses what is too long itself, with a problem document that says how long it may be.
  SizeRestrictions_BODY: "an order of many eSIMs, or a request to another origin, is longer than 8 KB",
  SizeRestrictions_QUERYSTRING: "a priced resource may take a long query",
  SizeRestrictions_Cookie_HEADER: "cookies mean nothing here",
  // Bodies are JSON for programs: no page shows them, and no server fetches what they name.
  CrossSiteScripting_BODY: "text in JSON may hold angle brackets",
  GenericRFI_BODY: "an x402 payload names the resource's URL",
  EC2MetaDataSSRF_BODY: "text in JSON may hold an address",
  // Agents are programs, and many send no name.
  NoUserAgent_HEADER: "agents may go without a name",
} as const;

export interface WebAclOptions {
  /** From one address in five minutes. */
  readonly requestsPerFiveMinutes: number;
}

export function webAcl(scope: Construct, id: string, { requestsPerFiveMinutes }: WebAclOptions): CfnWebACL {
  return new CfnWebACL(scope, id, {
    scope: "CLOUDFRONT",
    defaultAction: { allow: {} },
    visibilityConfig: visibility(WEB_ACL_METRIC),
    customResponseBodies: {
      [RATE_BODY]: {
        contentType: "APPLICATION_JSON",
        content: JSON.stringify({
          title: "Too many requests",
          status: TOO_MANY_REQUESTS,
          code: "too_many_requests",
          retry_action: "wait_and_retry",
          detail: `This address asked more than ${requestsPerFiveMinutes} times in five minutes.`,
        }),
      },
    },
    rules: [
      {
        // Before everything that costs money, the facilitator's calls above all.
        name: "Rate",
        priority: 0,
        statement: {
          rateBasedStatement: {
            limit: requestsPerFiveMinutes,
            evaluationWindowSec: RATE_WINDOW_SECONDS,
            aggregateKeyType: "IP",
          },
        },
        action: {
          block: {
            customResponse: {
              responseCode: TOO_MANY_REQUESTS,
              customResponseBodyKey: RATE_BODY,
              responseHeaders: [
                { name: "Retry-After", value: String(RETRY_AFTER_SECONDS) },
                { name: "Access-Control-Allow-Origin", value: "*" },
              ],
            },
          },
        },
        visibilityConfig: visibility("Rate"),
      },
      managed("AWSManagedRulesKnownBadInputsRuleSet", "KnownBadInputs", 1, []),
      managed("AWSManagedRulesCommonRuleSet", "Common", 2, Object.keys(counted)),
    ],
  });
}

function managed(
  name: string,
  metric: string,
  priority: number,
  counts: readonly string[],
): CfnWebACL.RuleProperty {
  return {
    name: metric,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: "AWS",
        name,
        ...(counts.length === 0
          ? {}
          : { ruleActionOverrides: counts.map((rule) => ({ name: rule, actionToUse: { count: {} } })) }),
      },
    },
    visibilityConfig: visibility(metric),
  };
}

/** No samples: they would show payment signatures and access tokens to whoever may open the console. */
function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
