/**
 * A bench with an agent of its own, in one of its styles.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, type AgentMembership, createAgent } from '@landfast/agent'
import { ARC_PORT, type Identity, type StyleName } from '@landfast/protocol'
import { HIMDS_FILE } from '../packages/agent/src/machine/himds-marker.ts'
import type { Bench, Lab } from './bench.ts'
import type { Case } from './cases.ts'
import type { Selector } from './client-report.ts'
import type { Column } from './columns.ts'
import { readCounted } from './counted.ts'
import { MovedClock } from './moved-clock.ts'
import type { Site } from './site.ts'
import { isElsewhere, prepareSurroundings } from './surroundings.ts'
import { SwitchedSource } from './upstream.ts'
import { columnOn, openDoor } from './windows/door.ts'

/** Starts the agent and what surrounds the client. */
export async function openAgentBench(
  { site, folder, wine }: Lab,
  style: StyleName,
  wanted: Case,
): Promise<Bench> {
  const column = columnOn(wine, style)
  const clock = new MovedClock()
  const source = new SwitchedSource(site.membership.source)
  const socket = join(folder, 'agent.sock')
  const policy = wanted.policy && writePolicy(folder, wanted.policy)
  const agent = makeAgent({ site, column, wanted, policy, clock, source, socket })
  await agent.start()
  const [location] = agent.locations
  if (!location) throw new TypeError('a started agent has an endpoint')
  const kind = wanted.surroundings ?? 'variables'
  const door = await openDoor(wine, location, isElsewhere(kind) ? 0 : ARC_PORT)
  const surroundings = await prepareSurroundings(kind, {
    column,
    location: { ...location, ...(door && { url: door.url }) },
    folder,
    himdsFile: wine?.himdsFile ?? HIMDS_FILE,
  })
  return {
    variables: surroundings.variables,
    ...selectedOf(site, wanted),
    prepare: async ({ upstream, passSeconds, skewSeconds, keyFile }) => {
      door?.spoil(keyFile)
      if (upstream) source.switch(upstream)
      if (passSeconds !== undefined) clock.pass(passSeconds)
      if (skewSeconds !== undefined) site.skew(skewSeconds)
    },
    count: async () => ({ ...(await readCounted(socket)), ...(door && { faulty: door.faulty() }) }),
    now: () => clock.now(),
    close: async () => {
      await surroundings.undo()
      await door?.stop()
      await agent.stop()
      site.skew(0)
    },
  }
}

function makeAgent(parts: {
  site: Site
  column: Column
  wanted: Case
  policy: string | undefined
  clock: MovedClock
  source: SwitchedSource
  socket: string
}): Agent {
  const { site, column, wanted, policy, clock, source, socket } = parts
  return createAgent({
    endpoints: [isElsewhere(wanted.surroundings ?? 'variables') ? column.elsewhere() : column.usual()],
    identity: site.membership.identity,
    membership: lent(site),
    policy,
    source,
    clock,
    admin: { socket },
  })
}

/** Writes the policy of a case; JSON is YAML as well. */
function writePolicy(folder: string, rules: readonly object[]): string {
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, JSON.stringify({ rules }), { mode: 0o644 })
  return file
}

/** Another agent goes on with it. */
function lent({ membership }: Site): AgentMembership {
  return {
    identities: membership.identities,
    status: membership.status,
    start: () => {},
    stop: async () => {},
  }
}

/** Whose token is asked for, and by which of its names. */
function selectedOf({ identities }: Site, { by, isStranger }: Case): SelectedIdentity {
  if (!by) return { identity: identities.own, selector: null }
  const identity = isStranger ? identities.stranger : identities.assigned
  const names = {
    client_id: identity.clientId,
    object_id: identity.principalId,
    resource_id: identity.resourceId,
  }
  return { identity, selector: { by, value: names[by] } }
}

interface SelectedIdentity {
  identity: Identity
  selector: Selector | null
}
