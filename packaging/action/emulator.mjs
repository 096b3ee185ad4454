/**
 * `landfast dev` behind the steps of a job: started, awaited, ended.
 */

import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readInput, readLines } from './runner.mjs'

/** One that does not answer has failed after this long. */
const WITHIN_MS = 60_000

const RETRY_MS = 50

/**
 * Starts it with what the inputs say, its state below `folder`, and calls `started` with its process id at once; what it says of
 * itself, the variables that lead to it, the names of those that are secret, and those of the job that lead SDKs elsewhere.
 */
export async function startEmulator(program, folder, started) {
  const state = join(folder, 'state')
  const [out, errors] = ['notes.json', 'log'].map((name) => join(folder, name))
  const files = [openSync(out, 'w', 0o600), openSync(errors, 'w', 0o600)]
  const flags = ['dev', '--json', '--state-dir', state, ...flagsOfInputs()]
  const child = spawn(program, flags, { detached: true, stdio: ['ignore', ...files] })
  for (const file of files) closeSync(file)
  // Then it has no process id.
  child.on('error', () => {})
  if (child.pid !== undefined) started(child.pid)
  if (!(await isStarted(child, out))) {
    child.kill()
    throw new Error(`landfast dev did not start: ${readFileSync(errors, 'utf8').trim()}`)
  }
  child.unref()
  const notes = JSON.parse(readFileSync(out, 'utf8'))
  const env = ['env', '--json', '--state-dir', state]
  const { omitted, competing } = JSON.parse(execFileSync(program, env, { encoding: 'utf8' }))
  const shown = JSON.parse(execFileSync(program, [...env, '--show-secret'], { encoding: 'utf8' }))
  return { notes, variables: shown.variables, secret: omitted, competing }
}

/** Ends the one that has this process id and its state in `folder`, and waits until it is gone. */
export async function stopEmulator(processId, folder) {
  const end = Date.now() + WITHIN_MS
  if (!isOurs(processId, folder)) return
  process.kill(processId, 'SIGTERM')
  while (isOurs(processId, folder) && Date.now() < end) await sleep(RETRY_MS)
}

function flagsOfInputs() {
  const single = ['as', 'port', 'with', 'secrets'].filter((name) => readInput(name) !== '')
  const lines = ['identity', 'identity-role', 'role', 'fault']
  return [
    ...single.flatMap((name) => [`--${name}`, readInput(name)]),
    ...lines.flatMap((name) => readLines(name).flatMap((line) => [`--${name}`, line])),
  ]
}

/** Whether it has said where it is, within the time that it has. */
async function isStarted(child, file) {
  const end = Date.now() + WITHIN_MS
  while (!readFileSync(file, 'utf8').endsWith('}\n')) {
    const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
    if (isOver || Date.now() > end) return false
    await sleep(RETRY_MS)
  }
  return true
}

/** Its process id may be another program's by now. */
function isOurs(processId, folder) {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').includes(`\0${folder}`)
  } catch {
    return false
  }
}
