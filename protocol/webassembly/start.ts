/** Compiles a module's bytes and finds its functions. */

/** Takes offsets, which are what its parameters are. */
export type Compiled = (...offsets: number[]) => void;

/** @returns finds a function by its name */
export function start(bytes: Uint8Array, memory: WebAssembly.Memory): (name: string) => Compiled {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { js: { memory } });
  return (name) => {
    const found = exports[name];
    if (!isFunction(found)) throw new Error(`the module has no ${name}`);
    return found;
  };
}

function isFunction(found: unknown): found is Compiled {
  return typeof found === "function";
}
