/**
 * What `npx cdk synth -c sample=true` is built from: every kind of setting once, on a testnet. Nobody can deploy it,
 * as its secrets are public.
 */

import { defineConfig } from "./protocol/merchant.ts";

export default defineConfig({
  publicUrl: "https://d2samplegateway.cloudfront.net",
  serviceName: "edge402 sample store",
  networks: [
    {
      chain: "base-sepolia",
      payTo: "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
      rpcUrl: "https://sepolia.base.org",
    },
  ],
  usage: {
    issuer: "https://usage.samplegateway.net",
    recordsUrl: "https://usage.samplegateway.net/usage/records",
    keySet: {
      keys: [
        {
          kty: "EC",
          crv: "P-256",
          kid: "2026-11",
          x: "ZnsFjZCXLNdxm_XU2foFjQYlzoPNw1m84z9_tSmCdcs",
          y: "WZQIAJdbBloSOBCIwBSYC3NisnXRbeKd6Yhz8N2dFHo",
        },
      ],
    },
  },
  catalog: {
    plans: {
      "us-7day": {
        price: "4.20",
        title: "United States, 1 GB, 7 days",
        coverage: ["US"],
        dataMb: 1_024,
        days: 7,
        packageCode: "CKH802",
        wholesaleUsd: "0.90",
      },
    },
    metered: {
      regions: { "us-west": { coverage: ["US"], perMb: "0.003" } },
      carriers: { verizon: { operator: "Verizon", perMb: "0.0035" } },
      starter: { dataMb: 100, price: "0.42" },
      packages: [
        {
          packageCode: "CKH800",
          dataMb: 100,
          days: 7,
          coverage: ["US"],
          operators: { US: ["T-Mobile", "AT&T", "Verizon"] },
          wholesaleUsd: "0.30",
        },
      ],
    },
    networks: { Verizon: ["311480"] },
    topUps: [
      { dataMb: 50, price: "0.18" },
      { dataMb: 500, price: "1.62" },
    ],
    resources: {
      "/report": {
        price: "0.01",
        description: "All plans compared by the cost of their data and days",
        mimeType: "application/json",
      },
    },
  },
  deploy: {
    name: "edge402-sample",
    supplierUrl: "https://esim-simulator.edge402.dev",
    alarmEmail: "operator@edge402.dev",
  },
});
