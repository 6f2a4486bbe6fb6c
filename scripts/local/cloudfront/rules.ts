/** What CloudFront refuses: every rule's name, the status the viewer gets, and the error that carries them. */

import type { CloudFrontLimits } from "./limits.ts";

const BAD_GATEWAY = 502;

/**
 * Status by rule. AWS's page gives 413 for an over-long URL or request; what clients report from the field is 414
 * and 494 (nginx's own code for "Request Header Or Cookie Too Large"), so that is what they should be tested with.
 */
const statuses = {
  viewer_request_malformed: 400,
  viewer_url_too_long: 414,
  viewer_request_too_large: 494,
  method_not_allowed: 403,
  get_with_body: 403,

  function_threw: "functionErrorStatus",
  function_timed_out: 503,
  function_result_invalid: BAD_GATEWAY,
  header_invalid: BAD_GATEWAY,
  header_disallowed: BAD_GATEWAY,
  header_read_only: BAD_GATEWAY,
  method_read_only: BAD_GATEWAY,
  client_ip_read_only: BAD_GATEWAY,
  uri_invalid: BAD_GATEWAY,
  querystring_invalid: BAD_GATEWAY,
  uri_too_long: BAD_GATEWAY,
  replaced_body_not_included: BAD_GATEWAY,
  replaced_body_not_base64: BAD_GATEWAY,
  replaced_body_too_large: BAD_GATEWAY,
  generated_body_not_base64: BAD_GATEWAY,
  generated_body_on_204: BAD_GATEWAY,
  generated_response_too_large: BAD_GATEWAY,

  origin_request_too_large: 494,
  origin_unreachable: BAD_GATEWAY,
  origin_timed_out: 504,
  origin_response_headers_too_large: BAD_GATEWAY,

  emulator_fault: 500,
} as const satisfies Record<string, number | keyof CloudFrontLimits>;

export type Rule = keyof typeof statuses;

/** One request that the emulator answered itself because a rule was broken. */
export interface Violation {
  readonly rule: Rule;
  /** A sentence for the developer, with the request's method and path in front. */
  readonly detail: string;
  /** ISO 8601 time. */
  readonly at: string;
}

/** Thrown wherever CloudFront would stop and answer for itself. */
export class RuleBroken extends Error {
  override readonly name = "RuleBroken";
  readonly rule: Rule;

  constructor(rule: Rule, detail: string) {
    super(detail);
    this.rule = rule;
  }
}

/** The HTTP status a viewer gets when `rule` is broken. */
export function statusOf(rule: Rule, limits: CloudFrontLimits): number {
  const status = statuses[rule];
  return typeof status === "number" ? status : limits[status];
}
