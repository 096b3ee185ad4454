/**
 * The flags that name one role of one principal.
 *
 * @module
 */

import type { PlaceFlags } from './resource-names.ts'

/** As commander reads them. */
export interface RoleFlags extends PlaceFlags {
  role?: string
  assignee?: string
  scope?: string
  appRole?: string
  resource?: string
}
