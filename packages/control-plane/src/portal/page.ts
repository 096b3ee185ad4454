/**
 * A page of the portal: what it is given, and what it answers.
 *
 * @module
 */

import type { PortalSession } from '../admission/portal-sessions.ts'
import type { Rights } from '../authorization/authorization.ts'
import type { AssetName } from './assets.ts'
import type { Html } from './html/html.ts'
import type { TypedForm } from './html/typed-form.ts'
import type { PortalApi } from './inner/portal-api.ts'

/** A request by somebody who is signed in. */
export interface PageRequest {
  /** What the path names. */
  params: Readonly<Record<string, string>>
  query: Readonly<Record<string, string>>
  /** Whether the page itself is not sent: what is dear to make need not be made. */
  isHeadAlone: boolean
  /** What was sent with a POST; else empty. */
  form: Readonly<Record<string, string>>
  /** A form of this page that was sent and was not filled as it must be. */
  typed?: TypedForm
  api: PortalApi
  /** What the visitor may do, for the forms that are shown. */
  rights: Rights
  /** The URL of the control plane, without a slash at its end. */
  origin: string
  /** Whether people sign in here by an OpenID provider. */
  hasProvider: boolean
  session: PortalSession
  /** What every form of this session carries. */
  formToken: string
  time: Date
  /** The clock, for what takes time. */
  now: () => Date
}

/** The parts of the portal, each a word of its menu. */
export type Section =
  | 'overview'
  | 'machines'
  | 'join'
  | 'identities'
  | 'roles'
  | 'applications'
  | 'people'
  | 'keys'
  | 'audit'
  | 'settings'

/** What is shown. */
export interface ShownPage {
  title: string
  section?: Section | undefined
  body: Html
  /** Default 200. */
  status?: number
  /** A script for this page alone. */
  script?: AssetName
  /** A path of the portal, to which the browser goes on by itself, with or without script. */
  goOn?: string
  /** Where the page is, if the browser asked for another, as with a form: it stays there by itself, and sends nothing again. It needs script. */
  address?: string
}

/** A page, another place to look at, or a file to keep. */
export type PageAnswer = ShownPage | { redirect: string } | { download: Download }

/** A file to keep. */
export interface Download {
  name: string
  type: string
  /** Undefined where the head alone is wanted. */
  text: string | undefined
}

/** One page or action. */
export interface PageRoute {
  method: 'GET' | 'POST'
  /** Below `/portal`, with names in braces. */
  path: string
  answer(request: PageRequest): Promise<PageAnswer>
}

/** Declares a page. */
export function page(path: string, answer: PageRoute['answer']): PageRoute {
  return { method: 'GET', path, answer }
}

/** Declares what a form does. */
export function action(path: string, answer: PageRoute['answer']): PageRoute {
  return { method: 'POST', path, answer }
}
