/**
 * Looks at the application in Entra ID that this host is, and asks Entra ID for a token as the agent would.
 *
 * @module
 */

import { type EntraRegistration, findEntraRegistration, SourceError } from '@landfast/agent'
import { type KnownApplication, knownApplicationOf } from '@landfast/agent/upstream'
import type { AgentSettings } from '../settings/agent-settings.ts'
import { openProxies, withKeptProxy } from '../settings/proxy-settings.ts'
import { withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'

/** Every tenant has this resource. */
const AUDIENCE = 'https://management.azure.com'

/** Entra ID is far away, and a proxy may be on the way. */
const ANSWER_MILLISECONDS = 10_000

/** The application, and whether Entra ID gives it a token. */
export interface EntraSeen extends KnownApplication {
  answer: Seen<'token' | 'token by the next certificate' | { error: string }>
}

/** What the state folder of these settings has of it, read by who may. */
export async function readApplication(settings: AgentSettings): Promise<Seen<EntraRegistration | undefined>> {
  try {
    return { value: await findEntraRegistration(settings['state-dir']) }
  } catch (error) {
    return unseenBecause(error)
  }
}

/** The application that was read; undefined if there is none. */
export async function lookAtEntra(
  settings: AgentSettings,
  read: Seen<EntraRegistration | undefined>,
): Promise<Seen<EntraSeen | undefined>> {
  if ('unseen' in read) return read
  const registration = read.value
  if (!registration) return { value: undefined }
  try {
    return { value: { ...knownApplicationOf(registration), answer: await ask(settings, registration) } }
  } catch (error) {
    return unseenBecause(error)
  }
}

function unseenBecause(error: unknown): { unseen: string } {
  return { unseen: `the application in Entra ID cannot be seen: ${(error as Error).message}` }
}

/** Nothing is kept of it: what follows from a certificate that was taken is for the agent to write. */
async function ask(settings: AgentSettings, registration: EntraRegistration): Promise<EntraSeen['answer']> {
  if (registration.proof.kind === 'federation') {
    return {
      unseen:
        'the agent alone asks with a token of the control plane; the line "agent" tells what came of it',
    }
  }
  const { openEntraApplication } = await import('@landfast/agent/entra')
  const proxies = await openProxies(withKeptProxy(settings, registration.proxy))
  const folder = settings['state-dir']
  let isNextTaken = false
  const keep = async ({ former }: { former?: unknown }) => {
    isNextTaken = former !== undefined
  }
  const { identity, source } = openEntraApplication({ folder, registration, proxies, keep })
  try {
    return await withinDeadline<EntraSeen['answer']>(
      async (signal) => {
        await source.getToken(identity, AUDIENCE, signal)
        return { value: isNextTaken ? 'token by the next certificate' : 'token' }
      },
      {
        late: { value: { error: `no answer within ${ANSWER_MILLISECONDS / 1000} seconds` } },
        failed: (error) => ({ value: { error: reasonOf(error) } }),
        milliseconds: ANSWER_MILLISECONDS,
      },
    )
  } finally {
    source.close()
  }
}

function reasonOf(error: Error): string {
  return (error instanceof SourceError && error.reason?.message) || error.message
}
