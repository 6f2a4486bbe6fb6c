import { settlementSuite } from "./settlement-suite.ts";

settlementSuite("the edge, upfront", { upfront: true });
