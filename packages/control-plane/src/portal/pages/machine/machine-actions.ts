/**
 * What the forms on the page of a machine do.
 *
 * @module
 */

import { link } from '../../html/parts.ts'
import { MACHINE_PATH, resourcePath, versioned } from '../../inner/resource-paths.ts'
import { action, type PageRoute } from '../../page.ts'
import { checkTypedName } from '../typed-name.ts'
import { changeMachine } from './late-change.ts'
import { readTagLines } from './tag-lines.ts'

/** The actions. */
export const MACHINE_ACTIONS: readonly PageRoute[] = [
  ...(['disable', 'enable', 'accept-restored'] as const).map((verb) =>
    action(`${MACHINE_PATH}/${verb}`, async (request) => {
      const { api, params, form } = request
      const path = resourcePath(MACHINE_PATH, params)
      const body = { resourceId: decodeURIComponent(path) }
      await changeMachine(request, () =>
        api.send('POST', `/landfast/v1/machines/${verb}`, { body, ifMatch: form.etag }),
      )
      return { redirect: link(path, { done: verb }) }
    }),
  ),
  action(`${MACHINE_PATH}/tags`, async (request) => {
    const { api, params, form } = request
    const path = resourcePath(MACHINE_PATH, params)
    const body = { tags: readTagLines(form.tags ?? '') }
    await changeMachine(request, () =>
      api.send('PATCH', versioned(path, 'machines'), { body, ifMatch: form.etag }),
    )
    return { redirect: link(path, { done: 'tags' }) }
  }),
  action(`${MACHINE_PATH}/delete`, async (request) => {
    const { api, params, form } = request
    const path = resourcePath(MACHINE_PATH, params)
    checkTypedName(form, params.machineName ?? '')
    await changeMachine(request, () =>
      api.send('DELETE', versioned(path, 'machines'), { ifMatch: form.etag }),
    )
    return { redirect: link('/machines', { done: 'deleted', what: params.machineName }) }
  }),
]
