/**
 * A control plane of this process, and the real command logged in to it as its administrator.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ControlPlaneOptions } from '../../packages/control-plane/src/options.ts'
import type { Ended, TestCommand } from '../cli/command.ts'
import { startSite, type TestSite } from '../connect/connected-site.ts'

/** A site and a person at it. */
export interface AdministeredSite extends TestSite {
  /** Runs the command as that person. */
  run(...args: string[]): Promise<Ended>
  /** Runs it, expects it to succeed, and reads its JSON. */
  read<T = Record<string, string>>(...args: string[]): Promise<T>
  /** Where the login of another person is kept. */
  home(name: string): NodeJS.Dict<string>
  /** Everything that was written so far. */
  written(): string
  administratorFile: string
}

/** Starts one; with `login` the administrator is logged in. */
export async function startAdministered(
  command: TestCommand,
  { login = true, ...options }: { login?: boolean } & Partial<ControlPlaneOptions> = {},
): Promise<AdministeredSite> {
  const site = await startSite(undefined, options)
  const outputs: string[] = []
  const home = (name: string) => {
    const folder = join(site.folder, name)
    mkdirSync(folder, { recursive: true })
    return { XDG_CONFIG_HOME: folder }
  }
  const run = async (...args: string[]) => {
    const ended = await command.run(args, { env: home('administrator') })
    outputs.push(ended.stdout, ended.stderr)
    return ended
  }
  const administratorFile = join(site.folder, 'administrator.json')
  writeFileSync(administratorFile, JSON.stringify(site.administrator), { mode: 0o600 })
  if (login) {
    const { code, stderr } = await run('login', '--administrator', administratorFile)
    expect([code, stderr]).toEqual([0, ''])
  }
  return {
    ...site,
    administratorFile,
    run,
    home,
    read: async (...args) => {
      const { code, stdout, stderr } = await run(...args, '--json')
      expect([code, stderr.includes('hint:')], stderr).toEqual([0, false])
      return JSON.parse(stdout)
    },
    written: () => outputs.join(''),
  }
}
