import { defineConfig } from "vitest/config";

// The SDK's advice to move to Node.js 22 is no concern of a test run.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

/** What a CDK app leaves in its process is seen by the next app there. */
const CDK = "test/lib/**/*.test.ts";

export default defineConfig({
  test: {
    pool: "forks",
    // The end-to-end tests wait more than they compute.
    maxWorkers: 3,
    testTimeout: 30_000,
    // The synthesized assembly takes a minute to start beside other work.
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: "source",
          include: ["test/**/*.test.ts"],
          exclude: [CDK],
          // Importing everything anew for each file took a third of the run.
          isolate: false,
          env,
        },
      },
      {
        extends: true,
        test: {
          name: "cdk",
          include: [CDK],
          // A synthesis takes seconds, and more beside others.
          testTimeout: 60_000,
          env,
        },
      },
      {
        extends: true,
        // Some of the end-to-end suite on what would be deployed; `npm run test:assembly` runs all of it.
        test: {
          name: "assembly",
          include: ["test/e2e/stock-clients.test.ts"],
          env: { ...env, EDGE402_E2E: "assembly" },
        },
      },
    ],
  },
});
