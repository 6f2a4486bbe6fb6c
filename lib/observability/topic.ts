/** Where alarms are told: a topic that is encrypted, takes TLS only, and that CloudWatch may publish to. */

import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";

const CLOUDWATCH = "cloudwatch.amazonaws.com";

/** @param email told of every alarm once its owner has confirmed; undefined for nobody */
export function alarmTopic(scope: Construct, id: string, email: string | undefined): Topic {
  const { account } = Stack.of(scope);
  const cloudWatch = {
    principals: [new ServicePrincipal(CLOUDWATCH)],
    conditions: { StringEquals: { "aws:SourceAccount": account } },
  };
  // CloudWatch can't use SNS's own key, so the topic has one whose policy lets it.
  const masterKey = new Key(scope, `${id}Key`, {
    description: "Encrypts alarms on their way to whoever is told of them",
    enableKeyRotation: true,
    // It keeps nothing but mails on their way, so it may go with the stack.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  masterKey.addToResourcePolicy(
    new PolicyStatement({
      ...cloudWatch,
      actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
      resources: ["*"],
    }),
  );
  const topic = new Topic(scope, id, { displayName: "edge402 alarms", masterKey, enforceSSL: true });
  // With a policy of its own, the topic loses the default one that lets the account's CloudWatch publish.
  topic.addToResourcePolicy(
    new PolicyStatement({ ...cloudWatch, actions: ["sns:Publish"], resources: [topic.topicArn] }),
  );
  if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
  return topic;
}
