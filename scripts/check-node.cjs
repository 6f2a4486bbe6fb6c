// Plain CommonJS, because it must run, and say something useful, on a Node.js too old for everything else.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`edge402 needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
