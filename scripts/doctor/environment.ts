/** The secrets that checks ask the world with, from the environment. Each may be missing: then only its checks fail. */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CdpSecret {
  readonly id: string;
  readonly secret: string;
}

export interface SupplierSecret {
  readonly accessCode: string;
  readonly secretKey: string;
}

/** Both, or the names of those that are missing. */
export type Found<Secret> = Secret | { readonly missing: readonly string[] };

export function cdpSecret(environment: Environment): Found<CdpSecret> {
  const [id, secret] = [environment["EDGE402_CDP_KEY_ID"], environment["EDGE402_CDP_KEY_SECRET"]];
  return id && secret ? { id, secret } : missing({ EDGE402_CDP_KEY_ID: id, EDGE402_CDP_KEY_SECRET: secret });
}

export function supplierSecret(environment: Environment): Found<SupplierSecret> {
  const accessCode = environment["EDGE402_SUPPLIER_ACCESS_CODE"];
  const secretKey = environment["EDGE402_SUPPLIER_SECRET_KEY"];
  return accessCode && secretKey
    ? { accessCode, secretKey }
    : missing({ EDGE402_SUPPLIER_ACCESS_CODE: accessCode, EDGE402_SUPPLIER_SECRET_KEY: secretKey });
}

function missing(variables: Environment): { readonly missing: readonly string[] } {
  return {
    missing: Object.entries(variables)
      .filter(([, value]) => !value)
      .map(([name]) => name),
  };
}
