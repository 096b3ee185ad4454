/**
 * `landfast run`: gives one command an identity for as long as it runs.
 *
 * @module
 */

import type { EndpointOptions } from '@landfast/agent'
import { competingVariables, ownEndpoint, trustedVariables } from '@landfast/emulator/environment'
import { ARC_KEY_FOLDER, type StyleName } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { inState } from '../files/state-failure.ts'
import { openStateFolder } from '../machine/state-folder.ts'
import { writeOutput } from '../output.ts'
import { type Application, type ApplicationFlags, readApplicationFlags } from '../run/application-flags.ts'
import { azureCliVariables } from '../run/azure-cli.ts'
import { childEnvironment, hostEnvironment } from '../run/child-environment.ts'
import { type CommandLine, runCommand } from '../run/child-process.ts'
import { findProgram } from '../run/command-path.ts'
import { coverFolder } from '../run/covered-folder.ts'
import { faultsOf, type GivenFault, readFaultTexts } from '../run/faults/fault-flags.ts'
import {
  FAULT_SOCKET_VARIABLE,
  faultSocketIn,
  faultSocketVariables,
} from '../run/faults/fault-socket-place.ts'
import { unstruckNotes } from '../run/faults/unstruck-faults.ts'
import {
  type GivenIdentities,
  type IdentityFlags,
  identityVariables,
  readIdentityFlags,
} from '../run/identity-flags.ts'
import { stopAtLast } from '../run/last-stop.ts'
import { type Site, startSiteUnless } from '../run/local-site.ts'
import { withNamed } from '../run/named-variables.ts'
import { currentMounts, enter, findWayIn, mappedBack, type Outside, parseOutside } from '../run/namespace.ts'
import { WORKLOAD_IDENTITY } from '../run/run-styles.ts'
import { type TokenVariable, tokenFilesIn, tokenFileVariables } from '../run/run-token-files.ts'
import { formatExports } from '../run/shell-exports.ts'
import { relaySignals } from '../run/signal-relay.ts'
import { printNote } from '../terminal.ts'

/** How the command gets its tokens: at an endpoint, or by a file and the control plane itself. */
export type RunStyle = StyleName | typeof WORKLOAD_IDENTITY

/** The flags of the command, as commander reads them. */
export interface RunFlags extends ApplicationFlags, IdentityFlags {
  as: RunStyle
  keepEnv?: true
  showSecret?: true
  policy?: string
  tokenFile?: readonly TokenVariable[]
  fault?: readonly string[]
  stateDir?: string
  /** Set by `--as arc` when it starts itself anew. */
  inside?: string
}

/**
 * Runs `command` with an identity.
 *
 * @returns its exit code.
 */
export async function run(command: readonly string[], flags: RunFlags): Promise<number> {
  refuseWithoutAgent(flags)
  const given = readFaultTexts(flags.fault ?? [])
  const named = readIdentityFlags(flags, given)
  const [name = '', ...args] = command
  const program = { file: await findProgram(name, process.env.PATH), name, args }
  // Its process starts anew, and only that one reads the secrets: a pipe has them once.
  if (flags.as === 'arc' && flags.inside === undefined) return await enter(await findWayIn())
  const application = await readApplicationFlags(flags)
  const wanted = { flags, application, given, named }
  if (flags.inside === undefined) return await runWithIdentity(program, wanted)
  const outside = parseOutside(flags.inside, currentMounts())
  await coverFolder()
  return await runWithIdentity(program, { ...wanted, outside })
}

/**
 * A file that the control plane exchanges never passes an agent, so a policy would decide nothing, no fault would strike, and
 * nothing could be asked for a token of another identity.
 */
function refuseWithoutAgent({ as, policy, fault, identity }: RunFlags): void {
  if (as !== WORKLOAD_IDENTITY) return
  const useless = { '--policy': policy, '--fault': fault, '--identity': identity }
  const [flag] = Object.entries(useless).find(([, value]) => value !== undefined) ?? []
  if (flag === undefined) return
  const hints = ['leave it out, or choose a style that has an endpoint']
  throw new CliError('argument_invalid', { detail: `"${flag}" is of no use with "--as ${as}"`, hints })
}

/** What the flags ask for, read. */
interface Wanted {
  flags: RunFlags
  application: Application
  given: readonly GivenFault[]
  named: GivenIdentities
  outside?: Outside
}

async function runWithIdentity(
  program: CommandLine,
  { flags, application, given, named, outside }: Wanted,
): Promise<number> {
  const relay = relaySignals()
  const folder = await openStateFolder(flags.stateDir)
  try {
    const tokenVariables = await tokenVariablesOf(flags)
    const tokenFiles = await tokenFilesIn(folder.path, tokenVariables)
    const files = tokenFileVariables(tokenVariables, tokenFiles)
    const faultSocket = flags.as === WORKLOAD_IDENTITY ? undefined : faultSocketIn(folder.path)
    const site = await startSiteUnless(relay.interrupted, {
      folder: folder.path,
      tokenFiles,
      endpoints: flags.as === WORKLOAD_IDENTITY ? [] : [endpointOf(flags.as)],
      policy: flags.policy,
      faults: faultsOf(given),
      faultSocket,
      application,
      identities: named.identities,
      logLevel: 'error',
    })
    try {
      const lead = await inState(folder.path, leadOf(site, { folder: folder.path, files }, flags))
      const own = { ...lead, ...site.application.variables, ...faultSocketVariables(faultSocket) }
      const variables = withNamed(own, {
        '--token-file': pick(files, flags.tokenFile),
        '--identity': identityVariables(named, site.identities),
      })
      const environment = prepareEnvironment(variables, flags)
      const code = await runCommand(await asOutside(program, outside), environment, relay)
      for (const note of unstruckNotes(given, site.strikes)) printNote(note)
      return code
    } finally {
      await stopAtLast(site, relay)
    }
  } finally {
    await folder.close()
  }
}

function endpointOf(style: StyleName): EndpointOptions {
  return style === 'arc'
    ? { style, port: 0, keyFolder: ARC_KEY_FOLDER, isFolderPrivate: true }
    : ownEndpoint(style)
}

/** Where we are root by mapping only, the command is given back the user that started us. */
async function asOutside(program: CommandLine, outside: Outside | undefined): Promise<CommandLine> {
  if (!outside?.isMapped) return program
  const file = await findProgram('unshare', process.env.PATH)
  return { file, name: 'unshare', args: [...mappedBack(outside, program.file), ...program.args] }
}

/** Those of the flags; without an endpoint the command has one that is its way to tokens. */
async function tokenVariablesOf({ as, tokenFile = [] }: RunFlags): Promise<readonly TokenVariable[]> {
  if (as !== WORKLOAD_IDENTITY) return tokenFile
  const { FEDERATED_TOKEN } = await import('../run/workload-identity.ts')
  return [FEDERATED_TOKEN, ...tokenFile.filter(({ variable }) => variable !== FEDERATED_TOKEN.variable)]
}

/** Of `files` those that the flag names. */
function pick(
  files: Readonly<Record<string, string>>,
  tokenFile: readonly TokenVariable[] = [],
): Record<string, string> {
  return Object.fromEntries(tokenFile.map(({ variable }) => [variable, files[variable] ?? '']))
}

/** The variables that lead the command to its tokens. */
async function leadOf(
  site: Site,
  { folder, files }: { folder: string; files: Readonly<Record<string, string>> },
  flags: RunFlags,
): Promise<Record<string, string>> {
  const inherited = process.env
  if (flags.as === WORKLOAD_IDENTITY) {
    const { FEDERATED_TOKEN, startWorkloadIdentity } = await import('../run/workload-identity.ts')
    const places = { folder, file: files[FEDERATED_TOKEN.variable] ?? '' }
    const variables = await startWorkloadIdentity(site, places, inherited)
    return { ...variables, ...(await azureCliVariables(site, variables, folder)) }
  }
  const { authority } = site.application
  const variables = await trustedVariables(site.location, { inherited, folder, authority })
  return { ...variables, ...(await azureCliVariables(site, { ...inherited, ...variables }, folder)) }
}

function prepareEnvironment(
  variables: Readonly<Record<string, string>>,
  flags: RunFlags,
): Record<string, string | undefined> {
  const removed = flags.keepEnv ? [] : competingVariables(process.env)
  if (removed.length > 0) {
    printNote(`removed from the command's environment: ${removed.join(', ')} (--keep-env keeps them)`)
  }
  if (flags.showSecret) writeOutput('stderr', formatExports(variables))
  // An inherited one leads to the emulator around this one.
  const others = [...removed, FAULT_SOCKET_VARIABLE]
  return childEnvironment(hostEnvironment(process.env), variables, others)
}
