/**
 * Looks at this host: folders, groups, ports, files, the service, and the agent at its socket. Every look ends in bounded
 * time.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { lstat, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HIMDS_FILE, isHimdsMarker } from '@landfast/agent'
import { COMPETING_VARIABLES, endpointVariables, VARIABLE } from '@landfast/protocol'
import { whyListOpens, whyOthersWrite } from '@landfast/server'
import { findAt } from '../discovery/host-files.ts'
import { PLACES } from '../discovery/places.ts'
import { hasLines } from '../discovery/shared-file.ts'
import { DEFAULT_ENDPOINT } from '../endpoint/endpoint-location.ts'
import type { Environment } from '../environment.ts'
import type { AgentSettings } from '../settings/agent-settings.ts'
import { groupSeen, nameOfGroup, nameOfUser } from './account-looks.ts'
import { type AdminPlace, askAdmin } from './admin-page.ts'
import { LATE, withinDeadline } from './deadline.ts'
import type { Seen } from './finding.ts'
import { lookAtPort } from './port-look.ts'
import type { AwsSeen, FolderSeen, HostSeen, VariablesSeen } from './surroundings.ts'
import { askTokenFiles } from './token-file-looks.ts'
import { lookAtUnit } from './unit-look.ts'
import { lookAtWorkloads } from './workload-look.ts'

const OTHERS_WRITE = 0o022
const WRITE = 2

/** What the looks go by. */
export interface HostTarget {
  settings: AgentSettings
  admin: AdminPlace
  user: string
  environment: Environment
}

/** What is seen of this host. */
export async function lookAtHost({ settings, admin, user, environment }: HostTarget): Promise<HostSeen> {
  const { 'key-folder': path, 'key-group': name, port } = settings
  const [folder, group, holders, answersAsAgent, variables, unit, answer, standings, workloads, aws] =
    await Promise.all([
      lookAtFolder(path),
      groupSeen(name, user),
      lookAtPort(port),
      asksAgent(port),
      lookAtVariables(environment),
      lookAtUnit(),
      askReadiness(admin),
      askTokenFiles(admin),
      lookAtWorkloads(settings),
      lookAtAws(settings),
    ])
  return {
    styles: settings.styles,
    aws,
    keyFolder: { path, folder },
    keyGroup: { name, group },
    port: { number: port, holders, answersAsAgent },
    workloads,
    marker: markerOf(HIMDS_FILE),
    variables,
    unit,
    agent: { address: 'port' in admin ? `127.0.0.1:${admin.port}` : admin.socketPath, answer },
    tokenFiles: { entries: settings['token-files'], standings },
  }
}

async function lookAtAws(settings: AgentSettings): Promise<AwsSeen | undefined> {
  const { styles, 'aws-role-arn': roleArn, 'aws-sts-url': stsUrl, 'identity-header-file': file } = settings
  if (!styles.includes('aws') || roleArn === undefined) return undefined
  const identity = settings['aws-identity']
  return { roleArn, stsUrl, identity, secret: file === undefined ? undefined : await lookAtSecret(file) }
}

async function lookAtSecret(file: string): Promise<AwsSeen['secret']> {
  return await readFile(file, 'utf8').then(
    (text) => ({ file, endsWithBreak: { value: /[\r\n]$/.test(text) } }),
    ({ message }: Error) => ({
      file,
      endsWithBreak: { unseen: `the secret of the style "aws": ${message}` },
    }),
  )
}

/** @see docs/security.md#the-key-folder */
async function lookAtFolder(path: string): Promise<Seen<FolderSeen | undefined>> {
  return await withinDeadline<Seen<FolderSeen | undefined>>(
    async () => {
      const { uid, gid, mode, ...stats } = await lstat(path).then((found) => ({
        uid: found.uid,
        gid: found.gid,
        mode: found.mode & 0o7777,
        isFolder: found.isDirectory(),
      }))
      const [owner, group] = await Promise.all([nameOfUser(uid), nameOfGroup(gid)])
      return { value: { ...stats, owner, group, mode, openBecause: openness(path, mode) } }
    },
    {
      late: { unseen: `"${path}" gave ${LATE}` },
      failed: ({ code, message }) =>
        code === 'ENOENT' ? { value: undefined } : { unseen: `"${path}" cannot be seen: ${message}` },
    },
  )
}

/** The folder itself is its owner's, who may be another user than this one. */
function openness(path: string, mode: number): string | undefined {
  if (mode & OTHERS_WRITE) return 'others may write there'
  return whyListOpens(path, WRITE) ?? whyOthersWrite(dirname(path))
}

function markerOf(file: string): HostSeen['marker'] {
  if (!existsSync(file)) return 'missing'
  return isHimdsMarker(file) ? 'ours' : 'other'
}

async function lookAtVariables(environment: Environment): Promise<VariablesSeen> {
  const missing: string[] = []
  for (const place of PLACES.filter(({ content }) => content.includes(VARIABLE.imdsEndpoint))) {
    const found = await findAt(place).catch(() => undefined)
    if (found?.is !== 'text' || !hasLines(found.text, place.content)) missing.push(place.path)
  }
  const own = endpointVariables(DEFAULT_ENDPOINT)
  const competing = COMPETING_VARIABLES.filter(
    (name) => environment[name] !== undefined && environment[name] !== own[name],
  )
  return { missing, competing }
}

async function askReadiness(admin: AdminPlace): Promise<HostSeen['agent']['answer']> {
  return await withinDeadline<HostSeen['agent']['answer']>(
    async (signal) => {
      const { status, body } = await askAdmin(admin, '/readyz', signal)
      if (status === 200) return { value: 'ready' }
      const { reason } = { ...JSON.parse(body) }
      return { value: { reason: typeof reason === 'string' ? reason : `it answered ${status}` } }
    },
    {
      late: { value: { error: LATE } },
      failed: ({ code, message }) =>
        code === 'EACCES' || code === 'EPERM'
          ? { unseen: 'only root and the agent’s user may ask the agent whether it is ready' }
          : { value: { error: code ?? message } },
    },
  )
}

/** What only the Arc style of an agent answers to everybody. */
async function asksAgent(port: number): Promise<boolean> {
  if (port === 0) return false
  return await withinDeadline(
    async (signal) => {
      const { status, body } = await askAdmin({ port }, '/agentstatus', signal)
      return status === 200 && 'agentVersion' in JSON.parse(body)
    },
    { late: false, failed: () => false },
  )
}
