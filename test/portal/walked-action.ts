/**
 * An action of the portal that a test walks through: what is pressed, what the page says then, and what is seen of it past the portal.
 *
 * @module
 */

import type { Page } from 'playwright-core'
import type { VisitedPortal } from './visited-portal.ts'

/** Where an action begins. */
export interface Walk extends VisitedPortal {
  page: Page
  /** The body of the answer at a path of the API. */
  read(path: string): Promise<Body>
  /** ARM ids. */
  machine: string
  identity: string
  /** The object id of the application that is there already. */
  principalId: string
}

// biome-ignore lint/suspicious/noExplicitAny: what the API answers.
export type Body = any

/** One action. */
export interface WalkedAction {
  what: string
  /** The path of its page; else the page on which the one before ended. */
  at?: string | ((walk: Walk) => string)
  act(page: Page, walk: Walk): Promise<unknown>
  /** A part of the page that comes then. */
  told: string
  seen(walk: Walk): Promise<unknown>
  is: unknown
}

/** Presses the button with this name. */
export function press(page: Page, name: string | RegExp): Promise<void> {
  return page.getByRole('button', { name, exact: typeof name === 'string' }).click()
}

/** Types the name without which nothing is deleted. */
export function typeName(page: Page, name: string): Promise<void> {
  return page.getByLabel('Type its name to delete it').fill(name)
}

/** The machine of the walk, as the API shows it. */
export function machineNow({ read, machine }: Walk): Promise<Body> {
  return read(`${machine}?api-version=2025-01-13`)
}
