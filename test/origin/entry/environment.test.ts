/** The functions' environment: a fault names its variable, and never a value. */

import { describe, expect, test } from "vitest";
import { EnvironmentError, readEnvironment } from "../../../origin/entry/environment.ts";

const good = {
  EDGE402_TABLE: "purchases",
  EDGE402_SECRET_ID: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:origin",
  EDGE402_REFUND_KEY_ID: "arn:aws:kms:eu-west-1:123456789012:key/1",
  EDGE402_ARCHIVE_BUCKET: "ledgers",
  EDGE402_ARCHIVE_RETENTION_DAYS: "2557",
  EDGE402_WORK_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/work",
  EDGE402_SUPPLIER_URL: "https://api.esimaccess.com",
  EDGE402_SERVICE: "Test shop",
};

test("a whole environment is read, among whatever else is in it", () => {
  expect(readEnvironment({ ...good, PATH: "/bin", EDGE402_OTLP_URL: "https://otlp.example.com" })).toEqual({
    table: "purchases",
    secretId: good.EDGE402_SECRET_ID,
    refundKeyId: good.EDGE402_REFUND_KEY_ID,
    archiveBucket: "ledgers",
    archiveRetentionDays: 2_557,
    workQueueUrl: good.EDGE402_WORK_QUEUE_URL,
    supplierUrl: "https://api.esimaccess.com",
    otlpUrl: "https://otlp.example.com",
    service: "Test shop",
  });
});

test("traces may go nowhere", () => {
  expect(readEnvironment(good).otlpUrl).toBeUndefined();
});

describe("what is missing or wrong is named:", () => {
  const complaintAbout = (change: Readonly<Record<string, string | undefined>>) => {
    try {
      readEnvironment({ ...good, ...change });
      return "";
    } catch (error) {
      if (error instanceof EnvironmentError) return error.message;
      throw error;
    }
  };

  test.each(Object.keys(good))("%s", (name) => {
    expect(complaintAbout({ [name]: undefined })).toMatch(new RegExp(`^${name}: `));
    expect(complaintAbout({ [name]: "" })).toMatch(new RegExp(`^${name}: `));
  });

  test.each([
    ["EDGE402_ARCHIVE_RETENTION_DAYS", "0"],
    ["EDGE402_ARCHIVE_RETENTION_DAYS", "1.5"],
    ["EDGE402_ARCHIVE_RETENTION_DAYS", "forever"],
    ["EDGE402_SUPPLIER_URL", "http://api.esimaccess.com"],
    ["EDGE402_OTLP_URL", "collector:4318"],
  ])("%s that is %s, whose value is not repeated", (name, value) => {
    expect(complaintAbout({ [name]: value })).toMatch(new RegExp(`^${name}: expected`));
    expect(complaintAbout({ [name]: `${value}-c2VjcmV0` })).not.toContain("c2VjcmV0");
  });

  test("all of them at once", () => {
    const complaint = complaintAbout({ EDGE402_TABLE: undefined, EDGE402_SERVICE: undefined });
    expect(complaint).toContain("EDGE402_TABLE");
    expect(complaint).toContain("EDGE402_SERVICE");
  });
});
