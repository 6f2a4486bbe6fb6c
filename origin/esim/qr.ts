/** Draws an activation code as a QR code, here and nowhere else: a drawing service would learn the secret. */

import QRCode from "qrcode";

/** White modules around the code. The QR standard wants four, and cameras miss codes that have fewer. */
const QUIET_ZONE_MODULES = 4;
/** Pixels a module in the PNG: about 350 pixels a side, enough to photograph from a screen. */
const PNG_PIXELS_PER_MODULE = 8;
const ERROR_CORRECTION = "M";

const BLACK_ON_WHITE = "\u001b[30;107m";
const RESET = "\u001b[0m";

const options = { errorCorrectionLevel: ERROR_CORRECTION, margin: QUIET_ZONE_MODULES } as const;

/** An `<svg>` element that scales to any size. */
export function qrSvg(text: string): Promise<string> {
  return QRCode.toString(text, { ...options, type: "svg" });
}

/** The bytes of a PNG file. */
export function qrPng(text: string): Promise<Uint8Array> {
  return QRCode.toBuffer(text, { ...options, type: "png", scale: PNG_PIXELS_PER_MODULE });
}

/**
 * Lines for a terminal, two modules a character.
 *
 * The colours are set explicitly: most terminals are dark, and many cameras do not read a white-on-black code.
 */
export function qrTerminal(text: string): string {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: ERROR_CORRECTION });
  const isDark = (row: number, column: number) =>
    row >= 0 && row < modules.size && column >= 0 && column < modules.size && modules.get(row, column) === 1;
  const end = modules.size + QUIET_ZONE_MODULES;
  const lines: string[] = [];
  for (let row = -QUIET_ZONE_MODULES; row < end; row += 2) {
    let line = "";
    for (let column = -QUIET_ZONE_MODULES; column < end; column++) {
      line += halfBlock(isDark(row, column), isDark(row + 1, column));
    }
    lines.push(BLACK_ON_WHITE + line + RESET);
  }
  return lines.join("\n");
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}
