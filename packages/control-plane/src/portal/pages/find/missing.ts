/**
 * What a page says of a machine, an identity or an application that is not there: that it may have been deleted, and where the audit
 * trail has it.
 *
 * @module
 */

import { html } from '../../html/html.ts'
import { link } from '../../html/parts.ts'
import { plain } from '../../html/shown-text.ts'
import { ApiRefusal } from '../../inner/api-refusal.ts'
import { MissingThing } from '../../inner/missing-thing.ts'
import type { PortalApi } from '../../inner/portal-api.ts'
import { MACHINE_PATH, resourcePath } from '../../inner/resource-paths.ts'
import { formerLinks, formerPlaces } from './former-places.ts'

/** What is looked for. */
export interface Sought {
  kind: 'machine' | 'identity' | 'application'
  /** Its name, or its object id where its address has that. */
  name: string
  group?: string
  /** By what the audit trail knows it. */
  known: string
}

type Params = Readonly<Record<string, string>>

/** The machine that `params` name. */
export function soughtMachine(params: Params): Sought {
  const { machineName: name = '', groupName: group = '' } = params
  return { kind: 'machine', name, group, known: decodeURIComponent(resourcePath(MACHINE_PATH, params)) }
}

/** The identity that `params` name. The trail knows its requests by its name alone. */
export function soughtIdentity({ identityName: name = '', groupName: group = '' }: Params): Sought {
  return { kind: 'identity', name, group, known: name }
}

/** The application that `params` name. */
export function soughtApplication({ principalId: name = '' }: Params): Sought {
  return { kind: 'application', name, known: name }
}

/** What `work` answers. @throws {MissingThing} if `sought` is not there. */
export async function orMissing<T>(api: PortalApi, sought: Sought, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 404) throw error
    const { kind, name, group, known } = sought
    const where = group === undefined ? '' : ` in the resource group ${plain(group)}`
    const title = `There is no ${kind} ${plain(name)}`
    const former = await formerPlaces(api, known)
    throw new MissingThing(error, {
      title,
      sentence: `${title}${where}. If there was one, it was deleted.`,
      further: html`${formerLinks(former)}
${!former.isReadable && html`<p>Your account may not read the audit trail, which would say so.</p>`}
<p><a href="${link('/find', { q: name })}">Look for this name everywhere</a></p>`,
    })
  }
}
