/**
 * The chain: looks at the sources in their order, and finds the one that gives the first token.
 *
 * The order is that of `DefaultAzureCredential`. The jobs of GitHub and Azure DevOps stand before the managed
 * identities: GitHub runs them on virtual machines of Azure, whose metadata service answers as well.
 *
 * @see https://learn.microsoft.com/javascript/api/@azure/identity/defaultazurecredential
 * @module
 */

import { ClientError, isUnavailable } from './errors.ts'
import type { Source, SourceKind, Wanted } from './source.ts'
import { appService } from './sources/app-service.ts'
import { appService2017 } from './sources/app-service-2017.ts'
import { arc } from './sources/arc.ts'
import { azd } from './sources/azd.ts'
import { azureCli } from './sources/azure-cli.ts'
import { azureMl } from './sources/azure-ml.ts'
import { azurePipelines } from './sources/azure-pipelines.ts'
import { cloudShell } from './sources/cloud-shell.ts'
import { environment } from './sources/environment.ts'
import { githubActions } from './sources/github-actions.ts'
import { serviceFabric } from './sources/service-fabric.ts'
import { vm } from './sources/vm.ts'
import { workloadIdentity } from './sources/workload-identity.ts'
import type { Surroundings } from './surroundings.ts'

const MANAGED = [serviceFabric, appService, azureMl, appService2017, cloudShell, arc, vm] as const
const PRODUCTION = [environment, workloadIdentity, githubActions, azurePipelines, ...MANAGED] as const
const DEVELOPMENT = [azureCli, azd] as const
const ALL = [...PRODUCTION, ...DEVELOPMENT] as const

/** The name of a source. */
export type SourceName = (typeof ALL)[number]['name']

/** A kind whose name is one of the table. */
export type Kind = SourceKind<SourceName>

/** What a managed identity may come from; Kubernetes has it in a file. */
export const MANAGED_KINDS: readonly Kind[] = [workloadIdentity, ...MANAGED]

/** The variable that says which sources count, and its values. */
const VARIABLE = 'AZURE_TOKEN_CREDENTIALS'
const CHOICES: Readonly<Record<string, readonly Kind[]>> = {
  prod: PRODUCTION,
  dev: DEVELOPMENT,
  EnvironmentCredential: [environment],
  WorkloadIdentityCredential: [workloadIdentity],
  ManagedIdentityCredential: MANAGED_KINDS,
  GitHubActionsCredential: [githubActions],
  AzurePipelinesCredential: [azurePipelines],
  AzureCliCredential: [azureCli],
  AzureDeveloperCliCredential: [azd],
}

/** The kinds of source that count, by `AZURE_TOKEN_CREDENTIALS`. @throws {ClientError} `variable_invalid`. */
export function kindsOf({ env }: Surroundings): readonly Kind[] {
  const value = env[VARIABLE]?.trim().toLowerCase()
  if (!value) return ALL
  const found = Object.entries(CHOICES).find(([name]) => name.toLowerCase() === value)
  if (found) return found[1]
  throw new ClientError('variable_invalid', isNone(VARIABLE, env[VARIABLE], Object.keys(CHOICES)))
}

/** The one kind of that name. @throws {ClientError} `option_invalid`. */
export function kindOf(name: SourceName): Kind {
  const kind = ALL.find((one) => one.name === name)
  if (kind) return kind
  const names = ALL.map((one) => one.name)
  throw new ClientError('option_invalid', isNone('"source"', name, names))
}

/** A name is no secret; what is far too long for one is not shown whole. */
function isNone(what: string, value: unknown, names: readonly string[]): string {
  return `${what} is ${JSON.stringify(value)?.slice(0, 100)}, which is none of ${names.join(', ')}`
}

/** What was seen of one kind of source. */
export interface Look {
  name: SourceName
  /** Undefined if it is not here. */
  source?: Source
  /** Why it is not here, or gave no token. */
  reason?: string
}

/** Looks at each kind in turn; of the managed ones only the first that is here counts. */
export async function* look(
  kinds: readonly Kind[],
  surroundings: Surroundings,
  wanted: Wanted,
): AsyncIterable<Look> {
  let managed: SourceName | undefined
  for (const kind of kinds) {
    const { name } = kind
    if (kind.managed && managed !== undefined) {
      yield { name, reason: `not looked at, since ${managed} is here` }
      continue
    }
    const found = await kind.find(surroundings, wanted)
    if (typeof found === 'string') {
      yield { name, reason: found }
      continue
    }
    if (kind.managed) managed = name
    yield { name, source: found }
  }
}

/** What the first source that gives something gave. */
export interface Chosen<Given> {
  source: Source
  given: Given
}

/**
 * The first source that gives something to `ask`.
 *
 * @throws {ClientError} `no_source`, or `source_missing` if only one counted; what the only one that is here says; any
 * error that stops a chain, as it is.
 */
export async function choose<Given>(
  kinds: readonly Kind[],
  surroundings: Surroundings,
  wanted: Wanted,
  ask: (source: Source) => Promise<Given>,
): Promise<Chosen<Given>> {
  const reasons: string[] = []
  const causes: ClientError[] = []
  for await (const { name, source, reason } of look(kinds, surroundings, wanted)) {
    if (!source) {
      reasons.push(`${name}: ${reason}`)
      continue
    }
    try {
      return { source, given: await ask(source) }
    } catch (error) {
      if (!isUnavailable(error)) throw error
      reasons.push(`${name}: ${error.message}`)
      causes.push(error)
    }
  }
  throw nothingFound(kinds, reasons, causes)
}

/** Where one source is here, what it says needs no list of those that are not. */
function nothingFound(
  kinds: readonly Kind[],
  reasons: readonly string[],
  causes: ClientError[],
): ClientError {
  const [only, ...more] = causes
  if (only && more.length === 0) return only
  if (kinds.length === 1) return new ClientError('source_missing', reasons.join(''))
  return new ClientError('no_source', `\n  ${reasons.join('\n  ')}`, { cause: new AggregateError(causes) })
}
