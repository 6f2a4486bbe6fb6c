/** A function that can't be built as it has to be. The message never holds anything of what is built into it. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}
