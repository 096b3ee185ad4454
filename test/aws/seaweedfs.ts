/**
 * SeaweedFS, an object store with a Security Token Service of its own that verifies tokens: built from its Go module where it is
 * asked for by name, since that takes minutes and 3 GB of disk while it lasts.
 *
 * @see https://github.com/seaweedfs/seaweedfs/tree/master/weed/iam
 * @module
 */

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from '../../scripts/installed-folder.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type RunningServer, startServer } from '../servers/running-server.ts'

/** What "npm run setup:parts -- seaweedfs" installs. */
export const SEAWEEDFS = 'seaweedfs'

const MODULE = 'github.com/seaweedfs/seaweedfs@v0.0.0-20261109003541-7506e5f91cd6'
const FOLDER = fileURLToPath(new URL('../../node_modules/.seaweedfs', import.meta.url))
const PROGRAM = 'weed'

/** The path of the program, or undefined. */
export function findSeaweedfs(): string | undefined {
  return isThere({ folder: FOLDER, content: MODULE }) ? join(FOLDER, PROGRAM) : undefined
}

/** Builds it if `asked` names it and there is Go; says what is left out if it cannot. */
export function installSeaweedfs(asked: readonly string[]): void {
  if (!asked.includes(SEAWEEDFS)) return
  if (installOnce(SEAWEEDFS, { folder: FOLDER, content: MODULE, install: build })) return
  process.stdout.write('missing: Go and its modules, for SeaweedFS, which exchanges tokens as AWS does\n')
}

/** In the module's own folder, since what it replaces counts only there. */
function build(folder: string): boolean {
  const downloaded = spawnSync('go', ['mod', 'download', '-json', MODULE], { encoding: 'utf8' })
  if (downloaded.status !== 0) return false
  const { Dir: cwd } = JSON.parse(downloaded.stdout)
  const args = ['build', '-buildvcs=false', '-o', join(folder, PROGRAM), './weed']
  return spawnSync('go', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}

/** Whom it trusts, and what for. */
export interface SeaweedfsTrust {
  issuer: string
  caFile: string
  audience: string
  /** The subject of each role by its ARN. */
  roles: Readonly<Record<string, string>>
}

/** Starts one in `folder` on free ports of this host. */
export async function startSeaweedfs(
  program: string,
  folder: string,
  trust: SeaweedfsTrust,
): Promise<RunningServer> {
  const data = join(folder, 'data')
  mkdirSync(data)
  const config = join(folder, 'iam.json')
  writeFileSync(config, JSON.stringify(configuration(trust)))
  const names = ['master', 'volume', 'filer', 's3'] as const
  const ports = await Promise.all(
    names.flatMap((name) => [freePort(`${name}.port`), freePort(`${name}.port.grpc`)]),
  )
  const flags = ports.map(([name, port]) => `-${name}=${port}`)
  const s3 = ports.find(([name]) => name === 's3.port')?.[1]
  const url = `http://127.0.0.1:${s3}/`
  return await startServer({
    command: [
      program,
      'server',
      `-dir=${data}`,
      '-ip=127.0.0.1',
      '-ip.bind=127.0.0.1',
      '-master.telemetry=false',
      '-filer',
      `-filer.localSocket=${join(folder, 'filer.sock')}`,
      '-s3',
      `-s3.iam.config=${config}`,
      ...flags,
    ],
    env: { ...MOVED_CLOCK, PATH: process.env.PATH, HOME: folder },
    ...{ url, readyUrl: url },
  })
}

const PROVIDER = 'landfast'

function configuration({ issuer, caFile, audience, roles }: SeaweedfsTrust): object {
  return {
    sts: {
      tokenDuration: '1h',
      maxSessionLength: '12h',
      issuer: 'seaweedfs-sts',
      accountId: '111122223333',
      signingKey: randomBytes(32).toString('base64'),
    },
    providers: [
      {
        name: PROVIDER,
        type: 'oidc',
        enabled: true,
        config: { issuer, clientId: audience, tlsCaCert: caFile },
      },
    ],
    policies: [
      {
        name: 'everything',
        document: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: ['s3:*', 'sts:*'], Resource: ['*'] }],
        },
      },
    ],
    roles: Object.entries(roles).map(([roleArn, subject]) => ({
      roleName: roleArn.slice(roleArn.lastIndexOf('/') + 1),
      roleArn,
      attachedPolicies: ['everything'],
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: PROVIDER },
            Action: ['sts:AssumeRoleWithWebIdentity'],
            Condition: { StringEquals: { 'oidc:sub': subject, 'oidc:aud': audience } },
          },
        ],
      },
    })),
  }
}

/** A port that was free just now. */
async function freePort(name: string): Promise<[string, number]> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return [name, port]
}
