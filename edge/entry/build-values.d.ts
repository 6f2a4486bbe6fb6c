/**
 * What `lib/bundle/` puts in place of these names when it builds the edge's functions: JSON, which is read when the first
 * request comes. V8 would take longer to read the same as code.
 */

/** From `sealConfig`. */
declare var EDGE402_SEALED_CONFIG: string;

/** Of the inline `BundledSecrets`; undefined where they are elsewhere. */
declare var EDGE402_INLINE_SECRETS: string | undefined;

/** Of the other `BundledSecrets`; undefined where they are inline. */
declare var EDGE402_SECRET_PLACE: string | undefined;

/** The configuration's `settle`; undefined where nothing was built in. */
declare var EDGE402_SETTLE: string | undefined;
