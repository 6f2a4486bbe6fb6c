/** How numbers lie in the field's memory. Apart from the code over them, which a built function has written out already. */

/** A number's digits, of 32 bits each in memory. */
export const LIMBS = 10;
export const LIMB_BITS = 26;

/** What a number takes. */
export const PLACE_BYTES = 4 * LIMBS;

/** At the start of memory: numbers on the way, three times the curve's constant, the lower half of a product. */
export const SCRATCH = 8;
export const B3_AT = SCRATCH * PLACE_BYTES;
export const PRODUCT_AT = B3_AT + PLACE_BYTES;
export const RESERVED_BYTES = PRODUCT_AT + 8 * LIMBS;
