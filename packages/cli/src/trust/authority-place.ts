/**
 * Where the authority of a control plane is: its Resource Manager tells a caller without a token.
 *
 * @module
 */

import { createHttpsClient } from '@landfast/agent/upstream'
import type { Proxies } from '@landfast/server/proxy'
import { LATE, withinDeadline } from '../check/deadline.ts'
import { SUBSCRIPTIONS } from '../control-plane/api-versions.ts'

/** `https://HOST[:PORT]/{tenant}` of the control plane at `url`, or why it is not known. */
export async function findAuthority(
  url: string,
  { ca, proxies }: { ca: string | undefined; proxies: Proxies },
): Promise<string | { failure: string }> {
  const client = createHttpsClient(ca, true, proxies)
  try {
    return await withinDeadline<string | { failure: string }>(
      async (signal) => {
        const place = `${url}/subscriptions?api-version=${SUBSCRIPTIONS.apiVersion}`
        const { headers } = await client.send(place, { signal })
        const stated = /\bauthorization="(https:\/\/[^/"]+\/[^/"]+)"/.exec(
          String(headers['www-authenticate']),
        )
        return stated?.[1] ?? { failure: `"${url}" answers, but not as a control plane does` }
      },
      { late: { failure: `"${url}": ${LATE}` }, failed: ({ message }) => ({ failure: message }) },
    )
  } finally {
    client.close()
  }
}
