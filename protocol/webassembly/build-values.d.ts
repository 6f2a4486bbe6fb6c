/**
 * What `lib/bundle/` puts in place of these names: modules that synth has written out, in base64. Where nothing was
 * built, as in the tests, they do not exist.
 */

declare var EDGE402_SHA256: string | undefined;

declare var EDGE402_KECCAK: string | undefined;

declare var EDGE402_FIELD: string | undefined;
