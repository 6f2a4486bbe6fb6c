import { Match, type Template } from "aws-cdk-lib/assertions";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { alarms, alarmsAtEdge, alarmsAtOrigin } from "../../../lib/observability/alarms.ts";
import { METRIC_NAMESPACE, type MetricDefinition } from "../../../protocol/edge-metrics.ts";
import { metrics } from "../../../protocol/metrics.ts";
import {
  alarmsIn,
  EMAIL,
  merchantOf,
  metricsOf,
  SCHEDULES,
  type SynthesizedAlarm,
  synthesize,
  widgetsIn,
} from "./support.ts";

let stacks: ReturnType<typeof synthesize>;
/** Of a merchant who wants no mail, and whose name has quotes in it. */
let quiet: ReturnType<typeof synthesize>;
let all: readonly SynthesizedAlarm[];

beforeAll(() => {
  stacks = synthesize(merchantOf());
  quiet = synthesize(merchantOf({ serviceName: `Joe's "shop"`, deploy: { name: "shop" } }));
  all = [...alarmsIn(stacks.origin), ...alarmsIn(stacks.edge)];
});

function named(name: string): SynthesizedAlarm {
  const found = all.find(({ AlarmName }) => AlarmName === `shop-${name}`);
  if (found === undefined) throw new Error(`no alarm is called shop-${name}`);
  return found;
}

/** The metric's own definition, if there is one by that name. */
const definitions: ReadonlyMap<string, MetricDefinition> = new Map(Object.entries(metrics));

describe("alarms", () => {
  test("every definition becomes at least one alarm, in the stack where its metric is", () => {
    for (const [template, list] of [
      [stacks.origin, alarmsAtOrigin],
      [stacks.edge, alarmsAtEdge],
    ] as const) {
      const links = alarmsIn(template).map(({ AlarmDescription }) => AlarmDescription.split("#").at(-1));
      expect(new Set(links)).toEqual(new Set(list.map(({ id }) => id)));
    }
  });

  test("each description begins with the severity and ends with the runbook's entry", () => {
    const entries = alarms.map(({ id, severity }) => ({
      start: `${severity}: `,
      end: ` docs/runbook.md#${id}`,
    }));
    const lost = all.filter(
      ({ AlarmDescription: text }) =>
        !entries.some(({ start, end }) => text.startsWith(start) && text.endsWith(end)),
    );
    expect(lost.map(({ AlarmName }) => AlarmName)).toEqual([]);
  });

  test("each tells the topic of its own stack when it goes off and when it is over", () => {
    for (const template of [stacks.origin, stacks.edge]) {
      const [topic] = Object.keys(template.findResources("AWS::SNS::Topic"));
      const silent = alarmsIn(template).filter(({ AlarmActions, OKActions }) =>
        [AlarmActions, OKActions].some(
          (actions) => JSON.stringify(actions) !== JSON.stringify([{ Ref: topic }]),
        ),
      );
      expect(silent.map(({ AlarmName }) => AlarmName)).toEqual([]);
    }
  });

  test("our own metrics are watched with the service and exactly the dimensions that they are written with", () => {
    const own = all.flatMap(metricsOf).filter(({ Namespace }) => Namespace === METRIC_NAMESPACE);
    expect(own.length).toBeGreaterThan(10);
    const wrong = own.filter(({ MetricName, Dimensions }) => {
      const expected = ["Service", ...(definitions.get(MetricName)?.dimensions ?? ["nowhere"])].sort().join();
      return (
        Dimensions.map(({ Name }) => Name)
          .sort()
          .join() !== expected
      );
    });
    expect(wrong).toEqual([]);
  });

  test("what is written by chain has an alarm for each chain of the configuration and for no other", () => {
    expect(valuesOf("Chain", "refund-wallet-low")).toEqual(["base", "polygon"]);
    expect(valuesOf("Chain", "unknown-outcomes")).toEqual(["base", "polygon"]);
  });

  test("what is written by plan has an alarm for each plan that is sold from a pool", () => {
    expect(valuesOf("Plan", "pool-empty")).toEqual(["pooled"]);
  });

  test("a wallet must hold ten refunds of the dearest price, the supplier's credit twenty of the dearest orders", () => {
    expect(named("refund-wallet-low-base").Threshold).toBe(42);
    expect(named("supplier-balance-low").Threshold).toBe(18);
  });

  test("a level that can't be read keeps its alarm, and is an alarm of its own after half an hour", () => {
    expect(named("refund-wallet-low-base").TreatMissingData).toBe("ignore");
    const unseen = named("refund-wallet-unseen-base");
    expect(unseen.TreatMissingData).toBe("breaching");
    expect((unseen.Period ?? 0) * unseen.EvaluationPeriods).toBe(1_800);
  });

  test("a schedule has stopped when three of its runs, and five minutes, went by without one", () => {
    for (const [name, minutes] of Object.entries(SCHEDULES)) {
      const { Period, TreatMissingData, Threshold } = named(`schedule-stopped-${name}`);
      expect(Period).toBe(60 * Math.max(5, 3 * minutes));
      expect([Threshold, TreatMissingData]).toEqual([1, "breaching"]);
    }
  });

  test("each function is watched, whether it is called by a buyer, the queue or the clock", () => {
    for (const name of ["http", "worker", ...Object.keys(SCHEDULES)]) {
      expect(named(`function-errors-${name}`).Dimensions).toHaveLength(1);
    }
  });

  test("a share is taken only of twenty requests or more", () => {
    const computed = (name: string) =>
      named(name)
        .Metrics.map(({ Expression }) => Expression)
        .join("");
    expect(computed("api-faults")).toBe("IF(requests >= 20, 100 * faults / requests, 0)");
    expect(computed("edge-faults")).toBe("IF(requests >= 20, faults, 0)");
  });

  test("the function's time limit and the web ACL's limit are the deployment's", () => {
    expect(named("edge-function-slow").Threshold).toBe(4_500);
    expect(named("waf-blocks").Threshold).toBe(10_000);
  });
});

describe("the topic", () => {
  test("is encrypted with a key that CloudWatch may use for this account alone", () => {
    for (const template of [stacks.origin, stacks.edge]) {
      template.hasResourceProperties("AWS::SNS::Topic", { KmsMasterKeyId: Match.anyValue() });
      template.hasResourceProperties("AWS::KMS::Key", {
        EnableKeyRotation: true,
        KeyPolicy: {
          Statement: Match.arrayWith([
            Match.objectLike({
              Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
              Principal: { Service: "cloudwatch.amazonaws.com" },
              Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
            }),
          ]),
        },
      });
    }
  });

  test("refuses whatever comes without TLS, and lets CloudWatch publish", () => {
    for (const template of [stacks.origin, stacks.edge]) {
      template.hasResourceProperties("AWS::SNS::TopicPolicy", {
        PolicyDocument: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
            Match.objectLike({
              Effect: "Allow",
              Action: "sns:Publish",
              Principal: { Service: "cloudwatch.amazonaws.com" },
              Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
            }),
          ]),
        },
      });
    }
  });

  test("mails to the configured address, and to nobody where there is none", () => {
    for (const template of [stacks.origin, stacks.edge]) {
      template.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: EMAIL });
    }
    quiet.origin.resourceCountIs("AWS::SNS::Subscription", 0);
    quiet.edge.resourceCountIs("AWS::SNS::Subscription", 0);
  });
});

describe("the dashboard", () => {
  test("shows every metric, under its own title", () => {
    const shown = widgetsIn(stacks.origin).flatMap(({ properties: { title, metrics: series } }) => {
      const names = ownNames(JSON.stringify(series));
      return names.map((name) => ({ name, title }));
    });
    expect(new Set(shown.map(({ name }) => name))).toEqual(new Set(Object.keys(metrics)));
    const wrong = shown.filter(({ name, title }) => definitions.get(name)?.title !== title);
    expect(wrong).toEqual([]);
  });

  test("looks for what the edge measures in every region, and for what the origin measures in its own", () => {
    const regionsOf = (title: string) => {
      const widget = widgetsIn(stacks.origin).find(({ properties }) => properties.title === title);
      const text = JSON.stringify(widget?.properties.metrics);
      return new Set([...text.matchAll(/"region":"([a-z0-9-]+)"/g)].map(([, region]) => region));
    };
    expect(regionsOf("Payments by outcome").size).toBeGreaterThan(10);
    expect(regionsOf("Purchases by state").size).toBe(0);
  });

  test("finds the service by its name, or every service where no search can quote the name", () => {
    const search = `{edge402,Service,Outcome} MetricName="Payments"`;
    expect(expressionsIn(stacks.origin)).toContain(`SEARCH('${search} Service="Test shop"', 'Sum', 300)`);
    expect(expressionsIn(quiet.origin)).toContain(`SEARCH('${search}', 'Sum', 300)`);
  });
});

/** A dimension's values, over all alarms of one definition. */
function valuesOf(dimension: string, id: string): string[] {
  return all
    .filter(({ AlarmName }) => AlarmName.startsWith(`shop-${id}-`))
    .flatMap(metricsOf)
    .map(({ Dimensions }) => String(Dimensions.find(({ Name }) => Name === dimension)?.Value))
    .sort();
}

/** Our own metrics in a widget's series: named outright, or looked for. */
function ownNames(series: string): string[] {
  const outright = [...series.matchAll(/"edge402","(\w+)"/g)];
  const searched = [...series.matchAll(/MetricName=\\+"(\w+)\\+"/g)];
  return [...outright, ...searched].map(([, name = ""]) => name);
}

const expressionSchema = v.object({ expression: v.string() });

function expressionsIn(template: Template): string[] {
  const series = widgetsIn(template).flatMap(({ properties }) => properties.metrics.flat());
  return series.flatMap((part) => {
    const parsed = v.safeParse(expressionSchema, part);
    return parsed.success ? [parsed.output.expression] : [];
  });
}
