/**
 * The checks of this host: what the agent and the SDKs find on it. Each is a function of what was seen.
 *
 * @see docs/check.md
 * @module
 */

import { AGENT_UNIT } from '../installation/systemd.ts'
import { LATE } from './deadline.ts'
import { fail, judged, ok, skip, type Verdict, warn } from './finding.ts'
import type { FolderSeen, GroupSeen, HostSeen, Surroundings, WorkloadPlaceSeen } from './surroundings.ts'

/** The group may open a file whose name it was told, and not list the others. */
const KEY_FOLDER_MODE = 0o710

const PLACE = 'place it: sudo landfast install --marker-only'

/** The folder of the key files. */
export function checkKeyFolder({ host }: Surroundings): Verdict {
  const { path, folder } = host.keyFolder
  if (!host.styles.includes('arc')) return skip('the Arc style is not served, so no key folder is needed')
  return judged(folder, (found) => {
    if (!found) {
      return warn(
        `"${path}" is not there`,
        'the agent makes it at its start, as root; else make it: see docs/install.md',
      )
    }
    return judgeKeyFolder(path, found, host.keyGroup.name)
  })
}

function judgeKeyFolder(path: string, found: FolderSeen, wanted: string | undefined): Verdict {
  const { isFolder, owner, group, mode, openBecause } = found
  if (!isFolder) return fail(`"${path}" is a symbolic link or a file`, 'remove it, and start the agent anew')
  const bits = mode.toString(8).padStart(4, '0')
  const what = `"${path}" belongs to ${owner}:${group}, mode ${bits}`
  if (openBecause !== undefined)
    return fail(`${what}; ${openBecause}`, 'take that right away: chmod go-w, chown root')
  const isGroupRight = wanted === undefined || group === wanted
  if (isGroupRight && mode === KEY_FOLDER_MODE) return ok(what)
  const cure = `start the agent anew: it gives the folder the group ${wanted ?? group} and mode 0710`
  return isGroupRight ? warn(what, cure) : fail(what, cure)
}

/** The group whose members may read key files. */
export function checkKeyGroup({ host: { keyGroup }, user }: Surroundings): Verdict {
  const { name, group } = keyGroup
  if (name === undefined) return ok('key files are for the own group of the agent')
  return judged(group, (found) => {
    if (!found) return fail(`there is no group "${name}"`, `make it: sudo groupadd --system ${name}`)
    return judgeMembership(name, found, user)
  })
}

function judgeMembership(name: string, found: GroupSeen, user: string): Verdict {
  const members = found.members.length === 0 ? 'no members' : found.members.join(', ')
  const what = `"${name}" has ${members}`
  if (user === 'root') return ok(`${what}; root needs no group`)
  if (found.hasUser === undefined) {
    const cure = `name one that there is; for a service with DynamicUser=yes set SupplementaryGroups=${name}`
    return warn(`${what}; there is no user "${user}" here now`, cure)
  }
  if (!found.hasUser) {
    const cure = `sudo usermod -aG ${name} ${user}, then log in again; for a service SupplementaryGroups=${name}`
    return warn(`${what}; "${user}" is not in it and gets no token in the Arc style`, cure)
  }
  if (found.hasProcess === false) {
    return warn(
      `${what}; "${user}" is in it, but this session is not`,
      'log in again, or restart the service',
    )
  }
  return ok(`${what}; "${user}" is in it`)
}

/** The port that official clients have built in. */
export function checkPort({ host }: Surroundings): Verdict {
  const { number, holders, answersAsAgent } = host.port
  if (!host.styles.includes('arc') || number === 0) return skip('the Arc style is not served at a fixed port')
  const where = `127.0.0.1 port ${number}`
  return judged(holders, ([holder]) => {
    if (answersAsAgent) return ok(`the agent answers at ${where}${holder ? `, as user ${holder}` : ''}`)
    if (holder === undefined) return ok(`${where} is free for the agent`)
    const cure = `stop what has it: sudo ss -ltnp "sport = :${number}" names the program`
    return fail(
      `${where} is taken by a server of user ${holder}, which does not answer as the agent does`,
      cure,
    )
  })
}

/** The addresses where containers ask: the worst of them says how it stands. */
export function checkWorkloads({ host }: Surroundings): Verdict {
  const verdicts = host.workloads.places.map((place) => judgeWorkloadPlace(place, host))
  if (verdicts.length === 0)
    return skip('"workload-listen" is not set, so containers with a network of their own get nothing')
  const [worst] = verdicts.toSorted((a, b) => SEVERITY.indexOf(a.status) - SEVERITY.indexOf(b.status))
  const what = verdicts.map((verdict) => verdict.what).join('; ')
  return { status: 'ok', ...worst, what }
}

const SEVERITY: readonly Verdict['status'][] = ['fail', 'warn', 'skip', 'ok']

function judgeWorkloadPlace(
  { address, port, isHere, holders }: WorkloadPlaceSeen,
  { workloads: { agentUser }, agent }: HostSeen,
): Verdict {
  const where = `${address} port ${port}`
  if (!isHere) {
    const cure = 'start what brings it, such as the container engine; the agent listens there by itself then'
    return warn(`this host does not have the address ${address} now`, cure)
  }
  return judged(holders, ([holder]) => {
    if (holder === undefined) {
      if (!isRunning(agent.answer)) return ok(`${where} is free for the agent`)
      const cure =
        'start the agent anew, which reads its settings then: sudo systemctl restart landfast-agent'
      return fail(`the agent runs and does not listen at ${where}`, cure)
    }
    if (agentUser === undefined || holder === agentUser)
      return ok(`a server of user ${holder} listens at ${where}`)
    const cure = `stop it, or set another port: sudo ss -ltnp "sport = :${port}" names the program`
    return fail(`${where} is taken by a server of user ${holder}, who is not the agent’s`, cure)
  })
}

function isRunning(answer: HostSeen['agent']['answer']): boolean {
  return 'value' in answer && !(typeof answer.value === 'object' && 'error' in answer.value)
}

/** The endpoint of AWS's container credentials. AWS's clients send the content of the secret's file as it is. */
export function checkAws({ host: { aws } }: Surroundings): Verdict {
  if (!aws) return skip('the style "aws" is not served')
  const { roleArn, identity = 'the machine', stsUrl, secret } = aws
  const what = `the style "aws" gives credentials of "${roleArn}" for the identity of ${identity}, by ${stsUrl}`
  if (!secret) return ok(what)
  const { file, endsWithBreak } = secret
  return judged(endsWithBreak, (isBroken) =>
    isBroken
      ? warn(
          `"${file}" ends with a line break, and AWS’s SDKs refuse a copy of it`,
          `cut it off: truncate -s -1 ${file}`,
        )
      : ok(`${what}; its secret is in "${file}"`),
  )
}

/** The file that SDKs take for the sign of the real agent. */
export function checkMarker({ host: { marker } }: Surroundings): Verdict {
  if (marker === 'ours') return ok('the marker of SDKs is placed')
  if (marker === 'other') {
    const cure = 'keep one of the two: remove the Azure Connected Machine agent, or leave this host to it'
    return fail('the Azure Connected Machine agent is installed here', cure)
  }
  return warn('the marker by which SDKs find the agent without variables is not placed', PLACE)
}

/** The variables by which SDKs find the agent, and those that lead past it. */
export function checkVariables({ host: { variables } }: Surroundings): Verdict {
  const { missing, competing } = variables
  if (competing.length > 0) {
    const cure = `unset them for programs that are to have this machine’s identity: unset ${competing.join(' ')}`
    return warn(`this session has variables that lead SDKs elsewhere: ${competing.join(', ')}`, cure)
  }
  if (missing.length === 0) return ok('services and sessions have the variables')
  return warn(`the variables are not in ${missing.join(' and ')}`, PLACE)
}

/** The service. */
export function checkUnit({ host: { unit }, machine }: Surroundings): Verdict {
  return judged(unit, ({ enabled, active }) => {
    const what = `${AGENT_UNIT} is ${enabled} and ${active}`
    if (enabled === 'not-found')
      return warn(`there is no ${AGENT_UNIT}`, 'install the package, or start "landfast agent" otherwise')
    if (active === 'failed') return fail(what, 'its log says why: journalctl -u landfast-agent')
    if (active === 'active') return startedAtBoot(enabled, what)
    if ('unseen' in machine) return skip(`${what}; ${machine.unseen}`)
    if (machine.value === undefined)
      return startedAtBoot(enabled, `${AGENT_UNIT} is ${enabled}, and starts once this host is connected`)
    return fail(what, `start it: sudo systemctl enable --now ${AGENT_UNIT}`)
  })
}

function startedAtBoot(enabled: string, what: string): Verdict {
  return enabled === 'enabled'
    ? ok(what)
    : warn(what, `have it started at boot: sudo systemctl enable ${AGENT_UNIT}`)
}

/** Whether the agent could serve a token now. */
export function checkAgent({ host: { agent }, machine }: Surroundings): Verdict {
  const { address, answer } = agent
  if ('value' in machine && machine.value === undefined)
    return skip('the agent starts once this host is connected')
  return judged(answer, (said) => {
    if (said === 'ready') return ok('the agent is ready to serve tokens')
    if ('reason' in said)
      return fail(`the agent is not ready: ${said.reason}`, 'its log says more: journalctl -u landfast-agent')
    if (said.error === LATE)
      return fail(
        `the agent does not say whether it is ready: ${LATE}`,
        'it may wait for an authority that does not answer: see the lines above, and journalctl -u landfast-agent',
      )
    return fail(
      `no agent answers at "${address}": ${said.error}`,
      'start it: sudo systemctl start landfast-agent',
    )
  })
}
