/**
 * The x402 v2 extension `sign-in-with-x`: a wallet proves who it is by signing a message addressed to us (CAIP-122,
 * for EVM accounts EIP-4361), and so reaches what it bought.
 *
 * A proof moves no money and is no payment. Nobody remembers its nonce: whoever steals it can show it again until it
 * is `WALLET_PROOF_MAX_AGE_SECONDS` old, and sees what its wallet bought here, nothing else. So it may open reading
 * only, never an action.
 */

import * as v from "valibot";
import { isEcdsaSignature } from "../eip3009.ts";
import type { Address } from "../hex.ts";
import { networkByCaip2 } from "../network.ts";
import { MAX_SIGNATURE_BYTES } from "../payment.ts";
import { fail, ok, type Result } from "../result.ts";
import { hexSchema } from "../schema.ts";
import { decodeBase64, parseJsonBytes } from "../text.ts";
import { recoverMessageSigner } from "./eip191.ts";
import { type SignInMessage, signInSchema, signInText } from "./eip4361.ts";

/** The extension's key in `extensions`, and the request header that carries the proof. */
export const SIGN_IN_WITH_X = "sign-in-with-x";

/** Base64 characters. An ordinary account's proof takes about 1,000; a counterfactual contract wallet's up to 7,000. */
export const MAX_WALLET_PROOF_HEADER = 8_192;

/** The official server's default. */
export const WALLET_PROOF_MAX_AGE_SECONDS = 300;

/** How far a client's clock may be ahead of ours. */
const CLOCK_TOLERANCE_SECONDS = 5;

export type WalletProofFault =
  | "too_large"
  | "not_base64"
  | "not_json"
  | "malformed"
  /** Not an EVM network that we know. */
  | "unsupported_chain"
  /** Signed for another host. */
  | "domain_mismatch"
  /** Signed for a resource that is not ours. */
  | "uri_mismatch"
  | "issued_in_future"
  | "too_old"
  | "expired"
  | "not_yet_valid"
  /** A contract wallet's (ERC-1271, ERC-6492). Only its chain can judge it, and here no chain is asked. */
  | "unsupported_signature"
  /** Not by the account that the message names. */
  | "signature_invalid";

export interface WalletProofContext {
  /** Where clients reach us, from the configuration and never from the request. */
  readonly publicUrl: string;
  /** Unix seconds. */
  readonly now: number;
}

const chainSchema = v.object({ chainId: v.string() });

const proofSchema = v.object({
  ...signInSchema.entries,
  type: v.literal("eip191"),
  signatureScheme: v.exactOptional(v.picklist(["eip191", "eip1271", "eip6492"])),
  signature: hexSchema(MAX_SIGNATURE_BYTES),
});

type WalletProof = v.InferOutput<typeof proofSchema>;

/** Whose wallet signed the proof in a `SIGN-IN-WITH-X` header. */
export function walletProofAddress(
  header: string,
  { publicUrl, now }: WalletProofContext,
): Result<Address, WalletProofFault> {
  const parsed = parseProof(header);
  if (!parsed.ok) return parsed;
  const proof = parsed.value;
  const fault = addressFault(proof, publicUrl) ?? timeFault(proof, now);
  if (fault !== undefined) return fail(fault);
  if (isContractWallets(proof)) return fail("unsupported_signature");
  const signer = recoverMessageSigner(signInText(proof), proof.signature);
  return signer === proof.address ? ok(signer) : fail("signature_invalid");
}

/** The chain comes first: on another chain family the address and the signature look different too. */
function parseProof(header: string): Result<WalletProof, WalletProofFault> {
  if (header.length > MAX_WALLET_PROOF_HEADER) return fail("too_large");
  const bytes = decodeBase64(header);
  if (bytes === undefined) return fail("not_base64");
  const json = parseJsonBytes(bytes);
  if (json === undefined) return fail("not_json");
  const chain = v.safeParse(chainSchema, json.value);
  if (!chain.success) return fail("malformed");
  if (networkByCaip2(chain.output.chainId) === undefined) return fail("unsupported_chain");
  const proof = v.safeParse(proofSchema, json.value, { abortEarly: true });
  return proof.success ? ok(proof.output) : fail("malformed");
}

/** Texts are compared, not parsed URLs: a URL parser reads many spellings as ours. */
function addressFault({ domain, uri }: SignInMessage, publicUrl: string): WalletProofFault | undefined {
  const { host, href } = new URL(publicUrl);
  if (domain !== host) return "domain_mismatch";
  const base = href.replace(/\/$/, "");
  return uri === base || uri.startsWith(`${base}/`) ? undefined : "uri_mismatch";
}

function timeFault(message: SignInMessage, now: number): WalletProofFault | undefined {
  const { issuedAt, expirationTime, notBefore } = message;
  const latest = now + CLOCK_TOLERANCE_SECONDS;
  if (issuedAt.at > latest) return "issued_in_future";
  if (issuedAt.at < now - WALLET_PROOF_MAX_AGE_SECONDS) return "too_old";
  if (expirationTime !== undefined && expirationTime.at <= now) return "expired";
  if (notBefore !== undefined && notBefore.at > latest) return "not_yet_valid";
  return undefined;
}

/** A contract wallet's signature can be 65 bytes too, made by its owner's key; then only the declared scheme tells. */
function isContractWallets({ signature, signatureScheme = "eip191" }: WalletProof): boolean {
  return !isEcdsaSignature(signature) || signatureScheme !== "eip191";
}
