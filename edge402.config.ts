/** The one file a merchant edits. Secrets are not in here: they come from the environment. */

import { defineConfig } from "./protocol/merchant.ts";

const EUROPE = `
  AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE
  IM IS IT JE LI LT LU LV MT NL NO PL PT RO SE SI SK`;

const WORLD = `${EUROPE}
  AE AL AM AR AU AX AZ BA BD BH BN BO BR BY CA CL CN CO CR DO
  DZ EC EG FJ FO GE GG GH GL GT GU HK HN ID IL IN IQ JM JO JP
  KE KG KH KR KW KZ LA LK MA MC MD ME MG MK MN MO MU MX MY NG
  NI NZ OM PA PE PH PK PR PY QA RE RS SA SG SN SV TH TN TR TW
  TZ UA US UY VN`;

const areas = (text: string) => text.trim().split(/\s+/);

/** As the supplier writes them in the packages that work in the United States. */
const US_OPERATORS = { US: ["T-Mobile", "AT&T", "Verizon"] };

export default defineConfig({
  publicUrl: "https://api.example.com",
  serviceName: "edge402 eSIM store",
  networks: [
    {
      chain: "polygon",
      payTo: "0x000000000000000000000000000000000000dEaD",
      rpcUrl: "https://polygon-rpc.com",
    },
    {
      chain: "base",
      payTo: "0x000000000000000000000000000000000000dEaD",
      rpcUrl: "https://mainnet.base.org",
    },
    {
      chain: "arbitrum",
      payTo: "0x000000000000000000000000000000000000dEaD",
      rpcUrl: "https://arb1.arbitrum.io/rpc",
    },
  ],
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
      "eu-30day": {
        price: "6.90",
        title: "Europe, 5 GB, 30 days",
        coverage: areas(EUROPE),
        dataMb: 5_120,
        days: 30,
        packageCode: "CKH523",
        wholesaleUsd: "2.85",
      },
      "global-30day": {
        price: "12.50",
        title: "120 countries, 3 GB, 30 days",
        coverage: areas(WORLD),
        dataMb: 3_072,
        days: 30,
        packageCode: "CKH121",
        wholesaleUsd: "9.80",
      },
    },
    metered: {
      regions: {
        "us-west": { coverage: ["US"], perMb: "0.003" },
        "us-east": { coverage: ["US"], perMb: "0.003" },
        "eu-central": { coverage: areas(EUROPE), perMb: "0.003" },
      },
      carriers: {
        "t-mobile": { operator: "T-Mobile", perMb: "0.003" },
        verizon: { operator: "Verizon", perMb: "0.0035" },
      },
      starter: { dataMb: 100, price: "0.42" },
      minimum: "0.05",
      marginPercent: 10,
      packages: [
        {
          packageCode: "CKH800",
          dataMb: 100,
          days: 7,
          coverage: ["US"],
          operators: US_OPERATORS,
          wholesaleUsd: "0.30",
        },
        {
          packageCode: "CKH801",
          dataMb: 500,
          days: 7,
          coverage: ["US"],
          operators: US_OPERATORS,
          wholesaleUsd: "0.55",
        },
        {
          packageCode: "CKH802",
          dataMb: 1_024,
          days: 7,
          coverage: ["US"],
          operators: US_OPERATORS,
          wholesaleUsd: "0.90",
        },
        {
          packageCode: "CKH806",
          dataMb: 3_072,
          days: 30,
          coverage: ["US"],
          operators: US_OPERATORS,
          wholesaleUsd: "2.60",
        },
        { packageCode: "CKH518", dataMb: 100, days: 7, coverage: areas(EUROPE), wholesaleUsd: "0.34" },
        { packageCode: "CKH520", dataMb: 1_024, days: 7, coverage: areas(EUROPE), wholesaleUsd: "0.62" },
        { packageCode: "CKH523", dataMb: 5_120, days: 30, coverage: areas(EUROPE), wholesaleUsd: "2.85" },
        { packageCode: "CKH527", dataMb: 10_240, days: 30, coverage: areas(EUROPE), wholesaleUsd: "4.90" },
      ],
    },
    networks: {
      "T-Mobile": ["310260"],
      "AT&T": ["310410"],
      Verizon: ["311480"],
    },
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
});
