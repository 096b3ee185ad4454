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
import type { Environment } from '../environment.ts'
import { printForShell, printNote, printResult } from '../terminal.ts'
import type { AnswerFlags } from './answer.ts'
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
export function openPageOf(session: Session, resourceId: string, flags: AnswerFlags): Promise<void> {
  const page = `/portal${resourceId.split('/').map(encodeURIComponent).join('/')}`
  return openPortal(session, { ...flags, browser: true, page })
}

/** Asks for a code, prints the link that holds it, and opens it where there is a browser. */
export async function openPortal(
  { client, login }: Session,
  flags: PortalFlags & { page?: string },
): Promise<void> {
  const { body } = await client.call('POST', PATH)
  const { pathname, search } = new URL(String(body.url))
  // By the name under which this login reaches the control plane: a browser here knows no better one.
  const target = new URL(pathname + search, login.url)
  if (flags.page !== undefined) target.searchParams.set('back', flags.page)
  const url = target.href
  if (flags.json) return printResult(JSON.stringify({ url, expiresAt: body.expiresAt }))
  printForShell(url)
  const isOpen = flags.browser && (await openInBrowser(url, process.env))
  printNote(
    `${isOpen ? 'a browser opens it' : 'open it in a browser'}; it is good once, until ${body.expiresAt}`,
  )
}

/**
 * Whether a browser opened `url`. It is given the path of a file that only this user can read: arguments of a command are seen
 * by all, and who sees the link first would be signed in.
 */
async function openInBrowser(url: string, environment: Environment): Promise<boolean> {
  const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR: folder } = environment
  if (!folder || !(DISPLAY || WAYLAND_DISPLAY)) return false
  const file = join(folder, FILE)
  try {
    if (!(await isOwn(folder))) return false
    // What lies there may be a link, or have another mode.
    await rm(file, { force: true })
    await writeFile(file, pageTo(url), { flag: 'wx', mode: 0o600 })
    await promisify(execFile)('xdg-open', [file])
    return true
  } catch {
    return false
  }
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
