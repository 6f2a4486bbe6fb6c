/**
 * V8 looks through a function when it reads the file, and reads it again when it is first called. One in parentheses it
 * compiles at once. For functions that are called anyway that saves the second reading, 3 % of a first 402.
 */

/** How esbuild, unless it minifies, begins a module and a function of its top level. Both end with the line. */
const MODULE = /^\/\/ (\S+\.ts)$/;
const FUNCTION = /^(async )?function (\w+)\((.*)$/;

/** How it tells functions of the same name apart. */
const SUFFIX = /\d+$/;

/** Must stay first. */
const STRICT = '"use strict";';

/**
 * @param code from esbuild, not minified
 * @param names of functions, by their module
 * @returns code in which these stand in parentheses; esbuild keeps those when it minifies. They come first, so that they
 * are there for whatever runs while the file is read, as functions are that stand anywhere
 */
export function compiledAtOnce(code: string, names: Readonly<Record<string, readonly string[]>>): string {
  const first: string[] = [];
  const others: string[] = [];
  let wanted: readonly string[] = [];
  let isOpen = false;
  for (const line of code.split("\n")) {
    const [, module] = MODULE.exec(line) ?? [];
    if (module !== undefined) wanted = names[module] ?? [];
    const [, async = "", name, rest] = FUNCTION.exec(line) ?? [];
    if (name !== undefined && (wanted.includes(name) || wanted.includes(name.replace(SUFFIX, "")))) {
      isOpen = true;
      first.push(`var ${name} = (${async}function(${rest}`);
    } else if (isOpen) {
      isOpen = line !== "}";
      first.push(isOpen ? line : "});");
    } else if (line !== STRICT) {
      others.push(line);
    }
  }
  return [STRICT, ...first, ...others].join("\n");
}
