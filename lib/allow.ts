/** Permissions by their exact actions and resources: the ready-made grants of constructs give more than is used. */

import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";

export function allow(
  grantee: IGrantable,
  actions: readonly string[],
  resources: readonly string[],
  conditions: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }),
  );
}
