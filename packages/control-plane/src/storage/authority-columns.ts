/**
 * The columns by which one certificate authority takes the place of another.
 *
 * @see ./schema.ts for what each column means
 * @module
 */

/** One statement each. */
export const AUTHORITY_COLUMNS: readonly string[] = [
  'alter table certificate_authority add column serves_from bigint',
  'alter table certificate_authority add column retired_at bigint',
]
