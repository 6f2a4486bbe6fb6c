import { inflateSync } from "node:zlib";
import QRCode from "qrcode";
import { describe, expect, test } from "vitest";
import { qrPng, qrSvg, qrTerminal } from "../../../origin/esim/qr.ts";
import { decodeQr } from "./decode-qr.ts";

const code = "LPA:1$rsp.local.test$43DE8A0C1F9B4D7E8A6B5C4D3E2F1A0B";
const { size } = QRCode.create(code, { errorCorrectionLevel: "M" }).modules;
const QUIET = 4;
const BLACK_ON_WHITE = "\u001b[30;107m";
const RESET = "\u001b[0m";
const sideWithQuietZone = size + 2 * QUIET;

describe("QR codes", () => {
  test("the terminal rendering holds the activation code, dark on white, inside a quiet zone", () => {
    const rows = terminalRows(qrTerminal(code));
    expect(rows[0]).toHaveLength(sideWithQuietZone);
    expect(decodeQr(withoutQuietZone(rows))).toBe(code);
  });

  test("the PNG holds the activation code inside a quiet zone", async () => {
    const rows = pngRows(Buffer.from(await qrPng(code)));
    const scale = rows.length / sideWithQuietZone;
    expect(Number.isInteger(scale)).toBe(true);
    const sampled = rows
      .filter((_, y) => y % scale === 0)
      .map((row) => row.filter((_, x) => x % scale === 0));
    expect(decodeQr(withoutQuietZone(sampled))).toBe(code);
  });

  test("the SVG is one element with the quiet zone, and neither script nor outside reference", async () => {
    const svg = await qrSvg(code);
    expect(svg.trim()).toMatch(/^<svg[^>]*>.*<\/svg>$/s);
    expect(svg).toContain(`viewBox="0 0 ${sideWithQuietZone} ${sideWithQuietZone}"`);
    expect(svg).not.toMatch(/script|href/);
    expect(svg).not.toContain("LPA");
  });
});

type Row = readonly boolean[];

function terminalRows(text: string): Row[] {
  return text.split("\n").flatMap((line) => {
    expect(line.startsWith(BLACK_ON_WHITE) && line.endsWith(RESET)).toBe(true);
    const blocks = line.slice(BLACK_ON_WHITE.length, -RESET.length);
    return [
      [...blocks].map((block) => "█▀".includes(block)),
      [...blocks].map((block) => "█▄".includes(block)),
    ];
  });
}

function withoutQuietZone(rows: readonly Row[]): Row[] {
  const inside = rows.slice(QUIET, QUIET + size).map((row) => row.slice(QUIET, QUIET + size));
  const dark = (some: readonly Row[]) => some.flat().filter(Boolean).length;
  expect(dark(inside)).toBe(dark(rows));
  return inside;
}

/** Pixels of a PNG of 8-bit RGBA. True is dark. */
function pngRows(png: Buffer): Row[] {
  const width = png.readUInt32BE(16);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * BYTES_PER_PIXEL;
  const rows: Row[] = [];
  let above: Uint8Array = new Uint8Array(stride);
  for (let at = 0; at < raw.length; at += stride + 1) {
    above = unfilter(raw[at] ?? 0, raw.subarray(at + 1, at + 1 + stride), above);
    const line = above;
    rows.push(Array.from({ length: width }, (_pixel, x) => line[x * BYTES_PER_PIXEL] === 0));
  }
  return rows;
}

const BYTES_PER_PIXEL = 4;

/** Undoes a PNG line filter: each byte was written as its difference from a guess. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array): Uint8Array {
  const out = new Uint8Array(line.length);
  for (let i = 0; i < line.length; i++) {
    const left = out[i - BYTES_PER_PIXEL] ?? 0;
    const up = above[i] ?? 0;
    const corner = above[i - BYTES_PER_PIXEL] ?? 0;
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
    out[i] = (line[i] ?? 0) + guess;
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const distance = (value: number) => Math.abs(left + up - corner - value);
  if (distance(left) <= distance(up) && distance(left) <= distance(corner)) return left;
  return distance(up) <= distance(corner) ? up : corner;
}
