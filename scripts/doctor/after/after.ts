/** All that can be asked of a deployment, as anybody on the internet could ask it. */

import type { Check } from "../check.ts";
import { challengeChecks } from "./challenges.ts";
import { falsePaymentChecks } from "./false-payments.ts";
import { freeRouteChecks } from "./free-routes.ts";
import { originChecks } from "./origin.ts";
import type { Target } from "./target.ts";
import { transportCheck } from "./transport.ts";
import { wayAroundChecks } from "./ways-around.ts";

export function checksAfter(target: Target): readonly Check[] {
  return [
    transportCheck(target),
    ...challengeChecks(target),
    ...freeRouteChecks(target),
    ...falsePaymentChecks(target),
    ...wayAroundChecks(target),
    ...originChecks(target),
  ];
}
