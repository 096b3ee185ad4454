/**
 * Says where this program would have a token from, and why from nowhere else; for a program that has none.
 *
 * RESOURCE  what the token is for; with it a token is really asked for
 */

import { explain } from '@landfast/client'

const { RESOURCE: resource } = process.env
process.stdout.write(`${await explain(resource ? { resource } : {})}\n`)
