/**
 * Says which source a program's identity comes from, and why from no other.
 *
 * @module
 */

import { look } from './chain.ts'
import { type DefaultCredentialOptions, readDefaultOptions } from './credential-options.ts'
import { ClientError, isUnavailable } from './errors.ts'
import { type IdentityTokensOptions, readQuestion, scopeOf } from './identity-tokens.ts'
import type { Source } from './source.ts'
import { systemSurroundings } from './surroundings.ts'

/** The options of `explain`. */
export interface ExplainOptions extends DefaultCredentialOptions {
  /** Asks for a token for it, and says why there is none. Without it the sources are only looked for. */
  resource?: string | undefined
}

/**
 * A line for each source that `DefaultCredential` looks at with these options: whether it is here, and if not, what is
 * missing. A string is a resource. Never holds a secret or a token. Throws nothing: what stops the chain is in its line.
 */
export async function explain(options: ExplainOptions | string = {}): Promise<string> {
  try {
    const { resource, ...credential } = typeof options === 'string' ? { resource: options } : options
    const surroundings = systemSurroundings()
    return await surroundings.hold(explainIn(readDefaultOptions(credential, surroundings), resource))
  } catch (error) {
    return `stopped: ${messageOf(error)}`
  }
}

/** The lines for what is wanted in these surroundings. */
export async function explainIn(
  { kinds, wanted, surroundings }: IdentityTokensOptions,
  resource?: string,
): Promise<string> {
  const lines: string[] = []
  try {
    for await (const { name, source, reason } of look(kinds, surroundings, wanted)) {
      if (!source) {
        lines.push(`${name}: ${reason}`)
        continue
      }
      const failed = resource === undefined ? undefined : await whyNoToken(source, resource)
      lines.unshift(
        `${failed ? 'failed' : 'chosen'}: ${name} (found by ${source.foundBy})${failed?.line ?? ''}`,
      )
      if (!failed || failed.stops) return [...lines, lastLine(kinds, name)].filter(Boolean).join('\n')
    }
  } catch (error) {
    return [...lines, `stopped: ${messageOf(error)}`].join('\n')
  }
  return ['chosen: none', ...lines].join('\n')
}

async function whyNoToken(
  source: Source,
  resource: string,
): Promise<{ line: string; stops: boolean } | undefined> {
  try {
    await source.ask(readQuestion(scopeOf(resource), {}))
    return undefined
  } catch (error) {
    return { line: `: ${messageOf(error)}`, stops: !isUnavailable(error) }
  }
}

function lastLine(kinds: readonly { name: string }[], name: string): string {
  const rest = kinds.slice(kinds.findIndex((kind) => kind.name === name) + 1).map((kind) => kind.name)
  return rest.length === 0 ? '' : `not looked at: ${rest.join(', ')}`
}

/** Errors of ours alone: what others say could hold anything. */
function messageOf(error: unknown): string {
  return error instanceof ClientError ? error.message : 'the client failed'
}
