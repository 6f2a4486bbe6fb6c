/**
 * The facilitator: whether it knows the CDP key, asked with our own token and with that of Coinbase's library, and
 * whether it serves every configured network. A key that only the library gets in with points at us.
 */

import { createAuthHeader, createCorrelationHeader } from "@coinbase/x402";
import * as v from "valibot";
import {
  CDP_NONCE_BYTES,
  type CdpKey,
  CdpKeyError,
  mintCdpJwt,
  parseCdpKey,
} from "../../../protocol/cdp-jwt.ts";
import type { Config } from "../../../protocol/config.ts";
import { fail, ok, type Result } from "../../../protocol/result.ts";
import { parseJsonBytes } from "../../../protocol/text.ts";
import { type Check, failed, type Outcome, open, passed, shared } from "../check.ts";
import type { CdpSecret, Found } from "../environment.ts";
import { faultText, hostOf, send } from "../http.ts";

export interface FacilitatorOptions {
  readonly config: Config;
  readonly cdp: Found<CdpSecret>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

const supportedAnswer = v.object({
  kinds: v.array(v.object({ x402Version: v.number(), scheme: v.string(), network: v.string() })),
});

type Supported = v.InferOutput<typeof supportedAnswer>;

const KEY_FIX =
  "Set EDGE402_CDP_KEY_ID and EDGE402_CDP_KEY_SECRET to a Secret API Key of the CDP portal, " +
  "and look whether this machine's clock is right.";
const OURS_FIX = `If Coinbase's library is let in, this is a fault in edge402: report it. If not: ${KEY_FIX}`;
const NETWORK_FIX = "Take the network out of the configuration, or use a facilitator that settles on it.";

export function facilitatorChecks(options: FacilitatorOptions): readonly Check[] {
  const { config } = options;
  const url = `${config.facilitatorUrl}/supported`;
  const byUs = shared(() => ask(url, options.cdp, (key) => ourHeaders(key, url, options)));
  const byLibrary = () => ask(url, options.cdp, (key, secret) => libraryHeaders(key, secret, url));
  const tell = (supported: Result<Supported, string>, fix: string): Outcome =>
    supported.ok ? passed(`${hostOf(url)} lets it in`) : failed(supported.reason, fix);
  return [
    {
      name: "CDP key, our token",
      run: async () => tell(await byUs(), "missing" in options.cdp ? KEY_FIX : OURS_FIX),
    },
    { name: "CDP key, Coinbase's library", run: async () => tell(await byLibrary(), KEY_FIX) },
    ...config.networks.map(({ chain }) => ({
      name: `${chain.chain}: facilitator`,
      run: async () => {
        const supported = await byUs();
        if (!supported.ok) return open("not checked, the facilitator did not tell what it supports");
        const isServed = supported.value.kinds.some(
          ({ x402Version, scheme, network }) =>
            x402Version === 2 && scheme === "exact" && network === chain.caip2,
        );
        return isServed
          ? passed(`settles exact on ${chain.caip2}`)
          : failed(`does not settle exact on ${chain.caip2}`, NETWORK_FIX);
      },
    })),
  ];
}

/** @param makeHeaders given the key, and the secret as the library reads it */
async function ask(
  url: string,
  cdp: Found<CdpSecret>,
  makeHeaders: (key: CdpKey, secret: string) => Promise<Record<string, string>>,
): Promise<Result<Supported, string>> {
  if ("missing" in cdp) return fail(`not set: ${cdp.missing.join(", ")}`);
  let headers: Record<string, string>;
  try {
    const key = parseCdpKey(cdp.id, cdp.secret);
    headers = await makeHeaders(key, librarySecret(key, cdp.secret));
  } catch (error) {
    // The library's messages are not ours to vouch for; CdpKeyError's never hold any part of the key.
    return fail(error instanceof CdpKeyError ? error.message : "no token can be made with this key");
  }
  const reply = await send({ url, headers });
  if (reply.kind === "fault") return fail(`${hostOf(url)}: ${faultText(reply.fault)}`);
  if (reply.status === 401 || reply.status === 403)
    return fail(`${hostOf(url)} refuses it (${reply.status})`);
  const answer = v.safeParse(supportedAnswer, parseJsonBytes(reply.body)?.value);
  if (reply.status !== 200 || !answer.success) {
    return fail(`${hostOf(url)} answers ${reply.status}, not what it supports`);
  }
  return ok(answer.output);
}

async function ourHeaders(key: CdpKey, url: string, { now, randomBytes }: FacilitatorOptions) {
  const nonce = randomBytes(CDP_NONCE_BYTES);
  const jwt = await mintCdpJwt(key, { method: "GET", url, now: Math.floor(now() / 1_000), nonce });
  return { authorization: `Bearer ${jwt}` };
}

/** `createFacilitatorConfig` makes its tokens for api.cdp.coinbase.com only; this is what it makes them with. */
async function libraryHeaders(key: CdpKey, secret: string, url: string) {
  const { host, pathname } = new URL(url);
  return {
    authorization: await createAuthHeader(key.id, secret, "GET", host, pathname),
    "correlation-context": createCorrelationHeader(),
  };
}

/** The library reads EC keys as PKCS8 only; the portal's older keys are SEC1. */
function librarySecret({ algorithm, privateKey }: CdpKey, secret: string): string {
  if (algorithm === "EdDSA") return secret.trim();
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}
