/**
 * Sums of points as WebAssembly, on top of the field's functions: a recovery is some six thousand of their calls, and
 * each one from JavaScript costs a cold process more than what it does.
 */

import { type Code, constant32, NO_RESULT, OP } from "../webassembly/module.ts";
import { B3_AT, PLACE_BYTES, SCRATCH } from "./layout.ts";

/** Code that puts a number's offset on the stack. */
type Operand = readonly number[];

/** Three numbers, one behind the other: x = X / Z and y = Y / Z, and Z is 0 at infinity. */
interface Point {
  readonly x: Operand;
  readonly y: Operand;
  readonly z: Operand;
}

type Operation = (out: Operand, left: Operand, right: Operand) => void;

interface Operations {
  readonly mul: Operation;
  readonly add: Operation;
  readonly sub: Operation;
}

const [a = [], b = [], c = [], d = [], e = [], f = [], u = [], v = []] = Array.from(
  { length: SCRATCH },
  (_, index): Operand => constant32(index * PLACE_BYTES),
);
const b3: Operand = constant32(B3_AT);

/**
 * - `addTo(out, p, x, y, z)`: p + (x, y, z), whose coordinates lie where they like
 * - `double(out, p)`
 * - `square(number, times)`, once at least
 *
 * @param indices of the field's functions
 */
export function pointCodes(indices: Readonly<Record<keyof Operations, number>>): readonly Code[] {
  const bodyOf = (formula: (operations: Operations) => void) => {
    const code: number[] = [];
    const operation =
      (index: number): Operation =>
      (out, left, right) =>
        code.push(...out, ...left, ...right, OP.call, index);
    formula({
      mul: operation(indices.mul),
      add: operation(indices.add),
      sub: operation(indices.sub),
    });
    return code;
  };
  const sum = bodyOf((operations) =>
    addTo(operations, pointAt(0), pointAt(1), parameter(2), parameter(3), parameter(4)),
  );
  const twice = bodyOf((operations) => double(operations, pointAt(0), pointAt(1)));
  const [number, times] = [0, 1];
  const squared = bodyOf(({ mul }) => mul(parameter(number), parameter(number), parameter(number)));
  const counted = [OP.get, times, ...constant32(-1), OP.add32, OP.tee, times];
  return [
    { name: "addTo", parameters: 5, locals: 0, body: sum },
    { name: "double", locals: 0, body: twice },
    {
      name: "square",
      locals: 0,
      body: [OP.loop, NO_RESULT, ...squared, ...counted, OP.branchIf, 0, OP.end],
    },
  ];
}

function parameter(index: number): Operand {
  return [OP.get, index];
}

/** The point at the offset that a parameter holds. */
function pointAt(index: number): Point {
  const [x = [], y = [], z = []] = [0, 1, 2].map(
    (place): Operand =>
      place === 0 ? parameter(index) : [...parameter(index), ...constant32(place * PLACE_BYTES), OP.add32],
  );
  return { x, y, z };
}

/** Right for any two points (Renes, Costello, Batina 2016, algorithm 7). The result may take the place of p. */
function addTo(operations: Operations, out: Point, p: Point, x: Operand, y: Operand, z: Operand): void {
  const { mul, add, sub } = operations;
  mul(a, p.x, x);
  mul(b, p.y, y);
  mul(c, p.z, z);
  crossed(operations, d, p.x, p.y, x, y, a, b);
  crossed(operations, e, p.y, p.z, y, z, b, c);
  crossed(operations, f, p.x, p.z, x, z, a, c);
  add(u, a, a);
  add(a, u, a);
  mul(c, b3, c);
  mul(f, b3, f);
  add(u, b, c);
  sub(b, b, c);
  mul(c, d, b);
  mul(v, e, f);
  sub(out.x, c, v);
  mul(f, f, a);
  mul(b, b, u);
  add(out.y, b, f);
  mul(a, a, d);
  mul(u, u, e);
  add(out.z, u, a);
}

/** (l + m)(n + o) − ln − mo, which is lo + mn. */
function crossed(
  { mul, add, sub }: Operations,
  out: Operand,
  l: Operand,
  m: Operand,
  n: Operand,
  o: Operand,
  ln: Operand,
  mo: Operand,
): void {
  add(u, l, m);
  add(v, n, o);
  mul(out, u, v);
  add(u, ln, mo);
  sub(out, out, u);
}

/** For any point (algorithm 9). The result may take its place. */
function double({ mul, add, sub }: Operations, out: Point, p: Point): void {
  mul(a, p.y, p.y);
  mul(b, p.y, p.z);
  mul(c, p.z, p.z);
  mul(d, p.x, p.y);
  mul(c, b3, c);
  add(u, a, a);
  add(u, u, u);
  add(u, u, u);
  mul(v, c, u);
  mul(out.z, b, u);
  add(u, a, c);
  add(b, c, c);
  add(c, b, c);
  sub(a, a, c);
  mul(u, a, u);
  add(out.y, v, u);
  mul(d, a, d);
  add(out.x, d, d);
}
