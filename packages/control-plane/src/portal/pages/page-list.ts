/**
 * Every page and action, in the order of the menu.
 *
 * @module
 */

import type { PageRoute } from '../page.ts'
import { APPLICATION } from './application.ts'
import { APPLICATIONS } from './applications.ts'
import { AUDIT } from './audit.ts'
import { FEDERATED_CREDENTIALS } from './federated-principals.ts'
import { FIND } from './find/find.ts'
import { IDENTITIES } from './identities.ts'
import { IDENTITY } from './identity.ts'
import { JOIN } from './join.ts'
import { KEYS_PAGES } from './keys.ts'
import { MACHINE } from './machine/machine.ts'
import { MACHINE_ACTIONS } from './machine/machine-actions.ts'
import { MACHINES } from './machine/machines.ts'
import { OVERVIEW } from './overview.ts'
import { PEOPLE } from './people.ts'
import { ROLES } from './roles.ts'
import { SETTINGS } from './settings.ts'

/** The pages. */
export const PAGES: readonly PageRoute[] = [
  OVERVIEW,
  FIND,
  MACHINES,
  MACHINE,
  ...MACHINE_ACTIONS,
  ...JOIN,
  ...IDENTITIES,
  ...IDENTITY,
  ...FEDERATED_CREDENTIALS,
  ...ROLES,
  ...PEOPLE,
  ...APPLICATIONS,
  ...APPLICATION,
  ...KEYS_PAGES,
  ...AUDIT,
  SETTINGS,
]
