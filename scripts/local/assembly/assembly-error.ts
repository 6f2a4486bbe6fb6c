/** Something in a synthesized assembly that this machine can't play, or that AWS would not take. */

export class AssemblyError extends Error {
  override readonly name = "AssemblyError";
}
