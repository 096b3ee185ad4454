/**
 * A cell of the table: the result of one case in one style with one client.
 *
 * @module
 */

import { type Difference, findDifference, type Place } from './known-differences.ts'

/** How a cell is coloured. */
export type Colour =
  /** As it should be. */
  | 'green'
  /** Otherwise, by the client's doing. */
  | 'client'
  /** Otherwise, and ours until somebody shows that it is not. */
  | 'red'
  /** The client has no option for it. */
  | 'not offered'
  | 'not run'

/** One cell. */
export interface Cell extends Place {
  colour: Colour
  /** Why it is not green. */
  reason?: string
  /** Goes with `client`. */
  whose?: Difference['whose']
  evidence?: string
  /** How long the client took in its slowest call. */
  seconds?: number
  /** What the client said last where it had no token, as `comparable` leaves it. */
  said?: string
  /** Why it was red at the first of two tries. */
  atFirst?: string
  /** Whether a chain that was refused here tried its next credential. */
  goesOn?: boolean
}

/** The cell for what was found wrong, if anything. */
export function judgeCell(place: Place, fault: string | undefined, seconds: number): Cell {
  const known = findDifference(place)
  if (!known)
    return { ...place, seconds, ...(fault ? { colour: 'red', reason: fault } : { colour: 'green' }) }
  const { whose, reason, evidence, shows } = known
  if (fault === undefined) {
    return { ...place, seconds, colour: 'red', reason: `no difference any more; remove its row: ${reason}` }
  }
  if (!shows.test(fault)) return { ...place, seconds, colour: 'red', reason: fault }
  return { ...place, seconds, colour: 'client', whose, reason, evidence }
}

/** A cell that nothing was found out about. */
export function emptyCell(place: Place, colour: 'not offered' | 'not run', reason: string): Cell {
  return { ...place, colour, reason }
}

/** Why a cell is not green, in words; empty where there is nothing to say. */
export function inWords(cell: Cell): string {
  const words = verdictOf(cell)
  return cell.atFirst === undefined ? words : [words, 'at the second try'].filter(Boolean).join('; ')
}

function verdictOf({ colour, reason, whose, evidence }: Cell): string {
  if (colour === 'red') return `RED, ours until shown otherwise: ${reason}`
  if (colour === 'not run') return `not run here: ${reason}`
  if (colour !== 'client') return ''
  return `${whose === 'bug' ? "the client's bug" : "the client's design"}: ${reason} (${evidence})`
}
