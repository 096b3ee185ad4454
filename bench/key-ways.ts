/**
 * The ways of making key files that the bench compares. All but the agent's are the least that works, without bound or
 * expiry, so that none looks slower than it must be.
 *
 * @see docs/decisions/0002-key-ring.md
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { unlink, writeFile } from 'node:fs/promises'
import { type IncomingMessage, Server } from 'node:http'
import { join } from 'node:path'
import type { Keys } from '@landfast/agent'

/** What each way is called in tables; `ring` is the agent's own and `none` the ceiling. */
export const KEY_WAYS = {
  none: 'no key file written (ceiling)',
  ring: 'ring, overwritten in place (ours)',
  'create-unlink': 'create and unlink for each challenge',
  rename: 'write and rename for each challenge',
  async: 'create and unlink, asynchronous',
} as const

/** A way of making key files. */
export type KeyWay = keyof typeof KEY_WAYS

const MODE = 0o640

/** The keys of `way` in `folder`; undefined for the agent's own. */
export function createKeys(way: KeyWay, folder: string): Keys | undefined {
  switch (way) {
    case 'ring':
      return undefined
    case 'none':
      return fixedKey(folder)
    case 'create-unlink':
      return createdKeys(folder)
    case 'rename':
      return renamedKeys(folder)
    case 'async':
      return asyncKeys(folder)
  }
}

/** One file, written once, whose key is always good: the client still opens and reads it each time. */
function fixedKey(folder: string): Keys {
  const id = randomUUID()
  const key = newKey(id)
  const path = pathOf(folder, id)
  writeFileSync(path, key, { mode: MODE, flag: 'wx' })
  return { issue: () => path, present: (shown) => (shown === key ? { spend: () => true } : undefined) }
}

function createdKeys(folder: string): Keys {
  const keys = new Map<string, string>()
  return {
    issue() {
      const id = randomUUID()
      const key = newKey(id)
      const path = pathOf(folder, id)
      writeFileSync(path, key, { mode: MODE, flag: 'wx' })
      keys.set(key, path)
      return path
    },
    present: (key) => presented(keys, key, unlinkSync),
  }
}

/** Names are used again, but each key gets a file of its own that replaces the last one of that name. */
function renamedKeys(folder: string): Keys {
  const keys = new Map<string, string>()
  const free: string[] = []
  const draft = join(folder, 'draft')
  return {
    issue() {
      const path = free.pop() ?? pathOf(folder, randomUUID())
      const key = newKey(randomUUID())
      writeFileSync(draft, key, { mode: MODE, flag: 'wx' })
      renameSync(draft, path)
      keys.set(key, path)
      return path
    },
    present: (key) => presented(keys, key, (path) => free.push(path)),
  }
}

/**
 * A challenge is made within one turn, so the file is written before the request reaches the agent. That is why
 * this way, and only this one, holds the server's requests back.
 */
function asyncKeys(folder: string): Keys {
  const keys = new Map<string, string>()
  const ready: string[] = []
  holdRequests(async () => {
    const id = randomUUID()
    const key = newKey(id)
    const path = pathOf(folder, id)
    await writeFile(path, key, { mode: MODE, flag: 'wx' })
    keys.set(key, path)
    ready.push(path)
  })
  return {
    issue() {
      const path = ready.pop()
      if (path === undefined) throw new Error('no key file is ready')
      return path
    },
    present: (key) => presented(keys, key, (path) => unlink(path).catch(() => {})),
  }
}

/** Every request without a key waits for `prepare`. */
function holdRequests(prepare: () => Promise<void>): void {
  const emit: (name: string, ...args: unknown[]) => boolean = Server.prototype.emit
  Server.prototype.emit = function (name: string, ...args: unknown[]): boolean {
    const [request] = args as [IncomingMessage]
    if (name !== 'request' || request.headers.authorization) return emit.call(this, name, ...args)
    prepare().then(() => emit.call(this, name, ...args))
    return true
  }
}

function presented(keys: Map<string, string>, key: string, release: (path: string) => void) {
  const path = keys.get(key)
  if (path === undefined) return undefined
  return {
    spend() {
      release(path)
      return keys.delete(key)
    },
  }
}

function newKey(id: string): string {
  return `${id}.${randomBytes(32).toString('base64url')}`
}

function pathOf(folder: string, id: string): string {
  return join(folder, `${id}.key`)
}
