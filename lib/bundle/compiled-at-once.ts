/**
 * V8 looks through a function when it reads the file, and reads it again when it is first called. One in parentheses it
 * compiles at once. For functions that are called anyway that saves the second reading, 6 % of a first 402.
 */

/** How esbuild, unless it minifies, begins a module and a function of its top level. Both end with the line. */
const MODULE = /^\/\/ (\S+\.ts)$/;
const FUNCTION = /^(async )?function (\w+)\((.*)$/;

/** How it tells functions of the same name apart. */
const SUFFIX = /\d+$/;

/**
 * @param code from esbuild, not minified
 * @param names of functions, by their module
 * @returns code in which these stand in parentheses; esbuild keeps those when it minifies
 */
export function compiledAtOnce(code: string, names: Readonly<Record<string, readonly string[]>>): string {
  let wanted: readonly string[] = [];
  let isOpen = false;
  const lines = code.split("\n").map((line) => {
    const [, module] = MODULE.exec(line) ?? [];
    if (module !== undefined) wanted = names[module] ?? [];
    const [, async = "", name, rest] = FUNCTION.exec(line) ?? [];
    if (name !== undefined && (wanted.includes(name) || wanted.includes(name.replace(SUFFIX, "")))) {
      isOpen = true;
      return `var ${name} = (${async}function(${rest}`;
    }
    if (!isOpen || line !== "}") return line;
    isOpen = false;
    return "});";
  });
  return lines.join("\n");
}
