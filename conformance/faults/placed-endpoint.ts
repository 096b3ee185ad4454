/**
 * Where clients look for an emulator: by its variables, or at the address of the VM style, where no variable leads them.
 *
 * @module
 */

import type { Emulator } from '@landfast/emulator'
import { type StyleName, VM_ADDRESS, VM_PORT } from '@landfast/protocol'
import { takeVmAddress } from '../../packages/agent/src/listening/vm-address.ts'
import { startRelay } from '../relay.ts'

/** An emulator in its place. */
export interface PlacedEndpoint extends AsyncDisposable {
  variables: Readonly<Record<string, string>>
}

/** Puts `emulator` where clients of `style` look for it; needs a network of its own. */
export async function placeEndpoint({ url, env }: Emulator, style: StyleName): Promise<PlacedEndpoint> {
  if (style !== 'vm') return { variables: env, [Symbol.asyncDispose]: async () => {} }
  const giveBack = await takeVmAddress()
  const relay = await startRelay({ url, address: VM_ADDRESS, port: VM_PORT })
  const stop = async () => {
    await relay.stop()
    await giveBack()
  }
  return { variables: {}, [Symbol.asyncDispose]: stop }
}
