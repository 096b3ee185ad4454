/**
 * Facts of this host that `azcmagent show` tells beside those of the machine: its system, its make, and the agent's service.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { describeHost, type HostDescription } from './host-description.ts'

/** Where the kernel shows what the firmware says. */
const FIRMWARE = '/sys/class/dmi/id'

/** What is known of this host; what this user may not see is missing. */
export interface HostFacts extends HostDescription {
  manufacturer?: string
  model?: string
  vmUuid?: string
}

/** This host. */
export async function hostFacts(): Promise<HostFacts> {
  const [manufacturer, model, vmUuid] = await Promise.all(
    ['sys_vendor', 'product_name', 'product_uuid'].map(firmware),
  )
  return {
    ...describeHost(),
    ...(manufacturer && { manufacturer }),
    ...(model && { model }),
    ...(vmUuid && { vmUuid }),
  }
}

async function firmware(name: string): Promise<string> {
  return await readFile(`${FIRMWARE}/${name}`, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
}
