/** What is used of WebAssembly, which Node.js has and TypeScript describes only together with the browser. */

declare namespace WebAssembly {
  class Memory {
    /** @param limits in pages of 64 KiB */
    constructor(limits: { readonly initial: number });
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
