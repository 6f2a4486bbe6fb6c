/**
 * What a function may be made of. A list of what is allowed, so that a dependency that slips in by way of another one
 * is noticed: at the edge each costs the payer start-up time, and most can't run there.
 */

import { builtinModules } from "node:module";
import type { Built } from "./build-file.ts";

interface Allowed {
  readonly rooms: readonly string[];
  readonly packages: readonly string[] | "any";
  readonly builtins: readonly string[];
}

const edge: Allowed = {
  rooms: ["edge", "protocol"],
  packages: ["jose"],
  // The file system is for standard output alone.
  builtins: ["crypto", "fs", "net", "tls"],
};

const origin: Allowed = { rooms: ["origin", "protocol"], packages: "any", builtins: builtinModules };

/** The names of what is in it against the rules; none for a good one. */
export function edgeContents(built: Built): readonly string[] {
  return forbidden(built, edge);
}

export function originContents(built: Built): readonly string[] {
  return forbidden(built, origin);
}

function forbidden({ modules, externals }: Built, { rooms, packages, builtins }: Allowed): readonly string[] {
  const strangers = modules.map(ownerOf).filter(({ kind, name }) => {
    if (kind === "room") return !rooms.includes(name);
    return packages !== "any" && !packages.includes(name);
  });
  const required = externals.filter((name) => !builtins.includes(name.replace(/^node:/, "")));
  return [...new Set([...strangers.map(({ name }) => name), ...required])];
}

/** The room that a file is in, or the package, however deep that is installed. */
function ownerOf(file: string): { readonly kind: "room" | "package"; readonly name: string } {
  const installed = file.split("node_modules/").at(-1) ?? file;
  const [first = "", second = ""] = installed.split("/");
  if (installed === file) return { kind: "room", name: first };
  return { kind: "package", name: first.startsWith("@") ? `${first}/${second}` : first };
}
