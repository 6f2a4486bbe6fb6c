/** Gateways that die at each of their steps, and what happens between them and the origin. */

import {
  killAfter,
  killBefore,
  killMeanwhile,
  pageBefore,
  resetAfter,
  resetBefore,
  twice,
  twiceAtOnce,
} from "../acts.ts";
import { type Fault, fault } from "../fault.ts";

const verify = { backend: "facilitator", operation: "verify" } as const;
const settle = { backend: "facilitator", operation: "settle" } as const;
const request = { backend: "origin", operation: "request" } as const;

const edgeSettles = { settler: "edge" } as const;

export const edgeFaults: readonly Fault[] = [
  fault("gateway killed before /verify", [{ ...verify, act: killBefore }]),
  fault("gateway killed after /verify", [{ ...verify, act: killAfter }]),
  fault("gateway killed before /settle", [{ ...settle, act: killBefore }], edgeSettles),
  fault("gateway killed while it settles", [{ ...settle, act: killMeanwhile }], edgeSettles),
  fault("gateway killed between settling and forwarding", [{ ...settle, act: killAfter }], edgeSettles),
  fault("gateway killed between settling and forwarding, buyer gone", [{ ...settle, act: killAfter }], {
    ...edgeSettles,
    buyer: "vanishes",
  }),
  fault("gateway killed as it forwards", [{ ...request, act: killBefore }]),
  fault("gateway killed while the origin works", [{ ...request, act: killMeanwhile }]),
  fault("gateway killed after the origin answered", [{ ...request, act: killAfter }]),
  fault("request lost on its way to the origin", [{ ...request, act: resetBefore }]),
  fault("request answered 502 before the origin", [{ ...request, act: pageBefore(502) }]),
  fault("origin's answer lost", [{ ...request, act: resetAfter }]),
  fault("request delivered twice, one after the other", [{ ...request, act: twice }]),
  fault("request delivered twice at once", [{ ...request, act: twiceAtOnce }]),
];
