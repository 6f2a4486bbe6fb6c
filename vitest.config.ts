import { defineConfig } from "vitest/config";

// The SDK's advice to move to Node.js 22 is no concern of a test run.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "source",
          include: ["test/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          env,
        },
      },
      {
        // Some of the end-to-end suite on what would be deployed; `npm run test:assembly` runs all of it.
        test: {
          name: "assembly",
          include: ["test/e2e/stock-clients.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 180_000,
          env: { ...env, EDGE402_E2E: "assembly" },
        },
      },
    ],
  },
});
