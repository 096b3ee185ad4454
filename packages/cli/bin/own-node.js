/**
 * Starts the Node that the package brings in place of this one. Plain JavaScript that Node 18 understands.
 */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** A terminal sends these to every process in its foreground, so the program has them already. */
const OF_TERMINALS = ['SIGINT', 'SIGQUIT']

/** What users and supervisors send otherwise; SIGUSR1 starts Node's own debugger. */
const OTHERS = ['SIGTERM', 'SIGHUP', 'SIGUSR2']

/** Becomes `program`, where this Node can do that; otherwise ends as it ends. */
export function replaceBy(program, args) {
  const env = withoutNodeOptions(process.env)
  // It would say that it is an experiment.
  process.emitWarning = () => {}
  if (process.execve) process.execve(program, [program, ...args], env)
  else accompany(spawn(program, args, { env, stdio: 'inherit' }))
}

/** They are meant for the Node of this host, and so for the command that Landfast runs. */
function withoutNodeOptions({ NODE_OPTIONS, ...others }) {
  return NODE_OPTIONS ? { ...others, LANDFAST_NODE_OPTIONS: NODE_OPTIONS } : others
}

function accompany(child) {
  const isInTerminal = process.stdin.isTTY || process.stderr.isTTY
  for (const signal of OF_TERMINALS) process.on(signal, () => isInTerminal || child.kill(signal))
  for (const signal of OTHERS) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(
      `landfast: the program "${child.spawnfile}" could not be started: ${error.message}\n`,
    )
    process.stderr.write('hint: install the package "landfast" anew\n')
    process.exitCode = 3
  })
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : code
  })
}
