/** SGP.22 activation codes (section 4.1), the string a phone reads from a QR code. Pure. */

/**
 * The parts of `LPA:1$<SM-DP+ address>$<matching id>[$<OID>][$1]`.
 *
 * The matching id is a bearer secret: whoever installs first owns the profile. Never log it.
 */
export interface ActivationCode {
  /** Fully qualified domain name of the SM-DP+ server that holds the profile. */
  readonly smdpAddress: string;
  readonly matchingId: string;
  /** Object identifier of the SM-DP+, which the phone then compares with the server's certificate, or null. */
  readonly smdpOid: string | null;
  /** Whether the phone must ask its user for a confirmation code. */
  readonly confirmationRequired: boolean;
}

const PREFIX = "LPA:";
const FORMAT = "1";
const CONFIRMATION_FLAG = "1";

/** Characters, without the `LPA:` prefix, that SGP.22 lets an activation code have. */
const MAX_CODE_LENGTH = 255;
const MAX_FQDN_LENGTH = 253;

const DNS_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const MATCHING_ID = /^[A-Za-z0-9-]+$/;
const OID = /^[0-2](?:\.(?:0|[1-9][0-9]*))+$/;

/**
 * Reads an activation code; null when it is none.
 *
 * SGP.22 also knows codes without a matching id, for profiles that wait for one device's EID. They are refused
 * here: what we sell has to install on any phone.
 */
export function parseActivationCode(text: string): ActivationCode | null {
  if (!text.startsWith(PREFIX) || text.length > PREFIX.length + MAX_CODE_LENGTH) return null;
  const [format, smdpAddress, matchingId, oid = "", flag, ...rest] = text.slice(PREFIX.length).split("$");
  if (format !== FORMAT || smdpAddress === undefined || matchingId === undefined || rest.length > 0)
    return null;
  if (!isFqdn(smdpAddress) || !MATCHING_ID.test(matchingId)) return null;
  if (oid !== "" && !OID.test(oid)) return null;
  if (flag !== undefined && flag !== CONFIRMATION_FLAG) return null;
  return {
    smdpAddress,
    matchingId,
    smdpOid: oid === "" ? null : oid,
    confirmationRequired: flag === CONFIRMATION_FLAG,
  };
}

/**
 * Writes an activation code, with the `LPA:` prefix that a QR code needs.
 *
 * @throws RangeError when the parts make no legal code; the message does not repeat them
 */
export function formatActivationCode(code: ActivationCode): string {
  const fields = [FORMAT, code.smdpAddress, code.matchingId];
  if (code.smdpOid !== null || code.confirmationRequired) fields.push(code.smdpOid ?? "");
  if (code.confirmationRequired) fields.push(CONFIRMATION_FLAG);
  const text = PREFIX + fields.join("$");
  const parsed = parseActivationCode(text);
  // A "$" inside a part would shift the fields: the text may parse, but as another code.
  if (parsed?.matchingId !== code.matchingId || parsed.smdpOid !== code.smdpOid) {
    throw new RangeError("These parts make no SGP.22 activation code.");
  }
  return text;
}

function isFqdn(host: string): boolean {
  const labels = host.split(".");
  return (
    host.length <= MAX_FQDN_LENGTH && labels.length > 1 && labels.every((label) => DNS_LABEL.test(label))
  );
}
