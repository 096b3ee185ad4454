/**
 * The tables of the clients on Windows, for the page and for the terminal, and what they prove.
 *
 * @module
 */

import type { Cell } from '../cell.ts'
import { linkedIn } from '../linked.ts'
import { countsOf, formatNotes, formatTable } from '../page-table.ts'
import { formatTables, notesOf, tablesOf } from '../table.ts'

/** The cells of clients on Linux, and those of clients on Windows. */
export function bySystem(cells: readonly Cell[]): { linux: Cell[]; windows: Cell[] } {
  const isOnWindows = ({ system }: Cell) => system === 'windows'
  return { linux: cells.filter((cell) => !isOnWindows(cell)), windows: cells.filter(isOnWindows) }
}

/** The tables as plain text, those of Windows last. */
export function formatBoth(cells: readonly Cell[]): string {
  const { linux, windows } = bySystem(cells)
  const parts = [
    ...(linux.length > 0 ? [formatTables(linux)] : []),
    ...(windows.length > 0 ? [`Windows, on Wine\n\n${formatTables(windows)}`] : []),
  ]
  return parts.join('\n')
}

const HEAD = `## Windows, on Wine

The same clients as programs of Windows, on Wine 10, each client with each of its credentials in a network and a Windows of its
own. The agent and the control plane run on Linux beside it.

What this proves: the clients as they are compiled or interpreted for Windows; that they accept a key file in
\`C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens\` and refuse one elsewhere, on another drive, with another ending or too
large; that they find the agent by \`C:\\Program Files\\AzureConnectedMachineAgent\\himds.exe\` alone; their HTTP, and their TLS with
Windows' store of trusted roots.

What it does not prove: an agent on Windows, which there is none of; who may read a key file, since Wine takes access control
lists and enforces none; groups, services and their accounts, \`icacls\`, \`setx\`, \`schtasks\` and PowerShell, which do nothing in Wine.
Between a client and the agent stands a relay of the suite that writes the path of the key file as Windows does. It changes
nothing else.`

/** The part of the page about `cells`, all of clients on Windows. */
export function formatWindows(cells: readonly Cell[]): string {
  const notes = notesOf(cells)
  const linked = linkedIn('windows')
  return [
    HEAD,
    `${countsOf(cells)} The numbers are of the notes below these tables.`,
    ...tablesOf(cells).map((table) => `### Windows: ${table.style}\n\n${formatTable(table, notes, linked)}`),
    ...(notes.length > 0 ? [formatNotes(notes, linked)] : []),
  ].join('\n\n')
}
