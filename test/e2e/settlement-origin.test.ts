import { settlementSuite } from "./settlement-suite.ts";

settlementSuite("the origin", { settle: "origin" });
