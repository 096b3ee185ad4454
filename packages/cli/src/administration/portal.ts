/**
 * `landfast portal`: opens the portal of the control plane in the browser, signed in as the principal of the login.
 *
 * @see docs/portal.md
 * @module
 */

import { execFile } from 'node:child_process'
import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { printForShell, printNote, printResult } from '../terminal.ts'
import type { AnswerFlags } from './answer.ts'
import { isRefusal } from './refusal-advice.ts'
import type { Session } from './session.ts'

const PATH = '/landfast/v1/portal/codes'

/** The page that leads the browser to the portal. */
const FILE = 'landfast-portal.html'

/** The flags of `portal`. */
export interface PortalFlags extends AnswerFlags {
  /** False with `--no-browser`. */
  browser: boolean
}

/** Opens the page of the resource with this ARM id, signed in. */
export function openPageOf(session: Session, resourceId: string, flags: PortalFlags): Promise<void> {
  const page = `/portal${resourceId.split('/').map(encodeURIComponent).join('/')}`
  return openPortal(session, { ...flags, page })
}

/** Asks for a code, prints the link that holds it, and opens it where there is a browser. */
export async function openPortal(
  { client, login }: Session,
  flags: PortalFlags & { page?: string },
): Promise<void> {
  const { body } = await client.call('POST', PATH).catch((error) => {
    throw isRefusal(error, 'HttpResourceNotFound') ? portalAbsent(login.url, error) : error
  })
  const { pathname, search } = new URL(String(body.url))
  // By the name under which this login reaches the control plane: a browser here knows no better one.
  const target = new URL(pathname + search, login.url)
  if (flags.page !== undefined) target.searchParams.set('back', flags.page)
  const url = target.href
  if (flags.json) return printResult(JSON.stringify({ url, expiresAt: body.expiresAt }))
  printForShell(url)
  const opening = flags.browser ? await openInBrowser(url, process.env) : UNASKED
  if (opening.obstacle !== undefined) printNote(`no browser was opened: ${opening.obstacle}`)
  printNote(
    `${opening.isOpen ? 'a browser opens it' : 'open it in a browser'}; it is good once, until ${body.expiresAt}`,
  )
}

/** What a control plane without a portal says of the route, and one of a version before there was a portal. */
function portalAbsent(url: string, cause: unknown): CliError {
  return new CliError('control_plane_refused', {
    detail: `the control plane at "${url}" has no portal: it is switched off there, or the version is too old to have one`,
    hints: [
      'its operator switches it on: the setting "portal" must not be "no", and every replica must have this version; then repeat the command',
      'the other commands do what the portal does: "landfast --help" lists them',
    ],
    cause,
  })
}

/** What became of a link. */
interface Opening {
  isOpen: boolean
  /** What kept a browser from it, where there is a display. */
  obstacle?: string
}

/** There is nothing that a browser could be shown on, or it is not wanted. */
const UNASKED: Opening = { isOpen: false }

/**
 * Opens `url` in a browser. It is given the path of a file that only this user can read: arguments of a command are seen
 * by all, and who sees the link first would be signed in.
 */
async function openInBrowser(url: string, environment: Environment): Promise<Opening> {
  const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR: folder } = environment
  if (!(DISPLAY || WAYLAND_DISPLAY)) return UNASKED
  const obstacle = folder ? await obstacleTo(url, folder) : 'the variable XDG_RUNTIME_DIR is not set'
  return obstacle === undefined ? { isOpen: true } : { isOpen: false, obstacle }
}

/** What kept a browser from `url`; undefined if nothing did. */
async function obstacleTo(url: string, folder: string): Promise<string | undefined> {
  const file = join(folder, FILE)
  try {
    if (!(await isOwn(folder))) return `the folder "${folder}" of XDG_RUNTIME_DIR is not this user's alone`
    // What lies there may be a link, or have another mode.
    await rm(file, { force: true })
    await writeFile(file, pageTo(url), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    return `the folder "${folder}" of XDG_RUNTIME_DIR cannot be used (${(error as NodeJS.ErrnoException).code})`
  }
  return await promisify(execFile)('xdg-open', [file]).then(
    () => undefined,
    (error: { code?: unknown }) =>
      error.code === 'ENOENT' ? 'there is no program "xdg-open"' : '"xdg-open" failed',
  )
}

/** After "su" the variable may name the folder of another user, who could read what is in it. */
async function isOwn(folder: string): Promise<boolean> {
  const { uid, mode } = await stat(folder)
  return uid === process.geteuid?.() && (mode & 0o022) === 0
}

/** Of what is special in HTML a URL has the ampersand alone. */
function pageTo(url: string): string {
  const escaped = url.replaceAll('&', '&amp;')
  return `<!doctype html><meta charset="utf-8"><title>Landfast</title><meta http-equiv="refresh" content="0; url=${escaped}">`
}
