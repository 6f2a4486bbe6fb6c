/** What `lib/bundle/` puts in place of these names when it builds the origin's functions. */

/** A `ConfigInput`. */
declare var EDGE402_CONFIG: unknown;

/** In `seed-secrets` alone: the JSON that becomes the secret's value. */
declare var EDGE402_SEED: unknown;
