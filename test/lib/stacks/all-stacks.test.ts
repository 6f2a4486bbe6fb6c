/** What holds in every stack, wherever the origin is: no permission without a reason, and no sample where none is meant. */

import { describe, expect, test, vi } from "vitest";
import { permissionsIn } from "./permissions.ts";
import { build, merchantInput, ofType, templateOf } from "./support.ts";

vi.mock("../../../lib/bundle/bundle.ts", () => import("./fake-bundles.ts"));

const stacks = build();
const elsewhere = build(merchantInput({ originRegion: "eu-west-1", secrets: "secrets-manager" }));

/** Everywhere else a permission names one resource. */
const wildcards: readonly (readonly [role: RegExp, resource: RegExp, reason: string])[] = [
  [/^StoreExporterRole/, /StoreLedger.+"\/\*"/, "batches are named by their content"],
  [/^PaywallEdgeViewerRequestRole/, /log-group:\/aws\/lambda\/us-east-1\.\*/, "replicas log everywhere"],
  [/^PaywallEdgeLogsRole/, /log-group:\/aws\/lambda\/\*/, "sets how long those logs are kept"],
  [/^\w*SecretsProviderframework/, /Seed\w+","Arn"\]},":\*"/, "CDK calls versions of the seeding function"],
  [/^CustomCrossRegionExport/, /:parameter\/cdk\/exports\/.*\*/, "CDK passes values between regions"],
];

describe("a permission for more than one resource has a reason", () => {
  test.each([
    ["the edge", stacks.edge],
    ["the origin", stacks.origin],
    ["observability", stacks.observability],
    ["the edge before an origin elsewhere", elsewhere.edge],
    ["an origin elsewhere", elsewhere.origin],
    ["observability elsewhere", elsewhere.observability],
  ])("in %s", (_, stack) => {
    const wide = permissionsIn(templateOf(stack)).filter(({ resource }) => resource.includes("*"));
    const unexplained = wide.filter(
      ({ role, resource }) => !wildcards.some(([who, what]) => who.test(role) && what.test(resource)),
    );
    expect(unexplained).toEqual([]);
  });

  test("and none is for every action of a service", () => {
    const all = Object.values(stacks).flatMap((stack) => permissionsIn(templateOf(stack)));
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ action }) => action.includes("*"))).toEqual([]);
  });
});

test("an origin in another region is reached without naming an account or a resource beforehand", () => {
  const { edge, origin } = elsewhere;
  expect([edge.region, origin.region]).toEqual(["us-east-1", "eu-west-1"]);
  const distribution = JSON.stringify(ofType(templateOf(edge), "AWS::CloudFront::Distribution"));
  expect(distribution).toContain(".execute-api.eu-west-1.");
  expect(ofType(templateOf(edge), "Custom::CrossRegionExportReader")).toHaveLength(1);
});

test("only the sample's stacks refuse to be deployed", () => {
  for (const stack of Object.values(stacks)) {
    expect(templateOf(stack).Rules).not.toHaveProperty("SampleIsNeverDeployed");
  }
});
