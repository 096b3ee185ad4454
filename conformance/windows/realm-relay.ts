/**
 * Stands before an agent on Linux and tells clients on Windows the path of a key file as it is called there. It changes
 * that header and nothing else: what the client sends is judged by the agent.
 *
 * @module
 */

import { parseChallenge } from '@landfast/protocol'
import { type Relay, type RelayOptions, startRelay } from '../relay.ts'

/** How one folder is called on both systems. */
export interface SharedFolder {
  onLinux: string
  onWindows: string
}

/** Starts one that names key files in `folder`. */
export async function startRealmRelay(
  place: Pick<RelayOptions, 'url' | 'address' | 'port'>,
  folder: SharedFolder,
): Promise<Relay> {
  return await startRelay({
    ...place,
    rewrite: (headers) =>
      headers.map((text, index) =>
        index % 2 === 1 && headers[index - 1]?.toLowerCase() === 'www-authenticate'
          ? windowsChallenge(text, folder)
          : text,
      ),
  })
}

/** `challenge` with the path that its key file has on Windows; as it is where it names none directly in the folder. */
export function windowsChallenge(challenge: string, { onLinux, onWindows }: SharedFolder): string {
  const path = parseChallenge(challenge)
  const name = path?.startsWith(`${onLinux}/`) ? path.slice(onLinux.length + 1) : '/'
  if (path === undefined || name.includes('/')) return challenge
  return challenge.replace(path, () => `${onWindows}\\${name}`)
}
