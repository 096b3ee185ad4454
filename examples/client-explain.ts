/**
 * Explains which source would give this program a token, and why no other does; for a program that gets none.
 *
 * RESOURCE  what the token is for; with it a token is really asked for
 */

import { explain } from '@landfast/client'

const { RESOURCE: resource } = process.env
process.stdout.write(`${await explain(resource ? { resource } : {})}\n`)
