/** Links that open a phone's own eSIM installer. Pure. */

const INSTALL_PATH = "/esim_qrcode_provisioning";

/** URLs that install a profile when they are opened on the phone itself. They carry the activation code: secrets. */
export interface InstallLinks {
  readonly apple: string;
  readonly android: string;
}

/** @param activationCode the whole text, from `LPA:` on */
export function installLinks(activationCode: string): InstallLinks {
  const query = `${INSTALL_PATH}?carddata=${encodeURIComponent(activationCode)}`;
  return { apple: `https://esimsetup.apple.com${query}`, android: `https://esimsetup.android.com${query}` };
}
