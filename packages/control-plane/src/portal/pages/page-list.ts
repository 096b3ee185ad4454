/**
 * Every page and action, in the order of the menu.
 *
 * @module
 */

import type { PageRoute } from '../page.ts'
import { MACHINE } from './machine.ts'
import { MACHINE_ACTIONS } from './machine-actions.ts'
import { MACHINES } from './machines.ts'
import { OVERVIEW } from './overview.ts'

/** The pages. */
export const PAGES: readonly PageRoute[] = [OVERVIEW, MACHINES, MACHINE, ...MACHINE_ACTIONS]
