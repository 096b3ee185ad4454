/**
 * A machine with a control plane and an agent that serves the style `aws`, beside a double of AWS's Security Token Service that
 * trusts the control plane; and AWS's own SDKs as programs of it.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AgentOptions } from '@landfast/agent'
import { readRegistration } from '@landfast/agent'
import { AWS_VARIABLE } from '@landfast/protocol'
import { onTestFinished, type TestContext } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { startSite, type TestSite } from '../connect/connected-site.ts'
import { connectMachine } from '../connect/machine.ts'
import { type ServedMachine, serveMachine } from '../connect/served-machine.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type StsDouble, startSts } from './sts-double.ts'

/** The role that the machine may have. */
export const ROLE = 'arn:aws:iam::111122223333:role/shop'

/** One that exists, and does not trust the machine. */
export const OTHER_ROLE = 'arn:aws:iam::111122223333:role/billing'

/** The audience that the provider lists. */
export const AUDIENCE = 'sts.amazonaws.com'

/** The secret of the endpoint. */
export const SECRET = 'the-secret-of-the-aws-endpoint'

const run = promisify(execFile)

/** What a program with an SDK prints. */
export interface SdkReport {
  error?: string
  method?: string
  accessKeyId?: string
  digest?: string
  arn?: string
}

/** A site of all parts. */
export interface AwsMachine {
  site: TestSite
  sts: StsDouble
  machine: ServedMachine
  folder: string
  /** The address of the endpoint. */
  url: string
  /** The variables of a program that asks the endpoint, but for the secret. */
  env: Record<string, string>
}

/** What a test may want otherwise. */
export interface AwsChanges extends Partial<AgentOptions> {
  roleArn?: string
  /** Done before the agent starts, which asks for credentials at once. */
  before?: (sts: StsDouble) => Promise<void> | void
  /** Starts another service that trusts the control plane, and gives its address. */
  service?: (trust: ServiceTrust) => Promise<string>
}

/** What a service is told of the control plane and the machine. */
export interface ServiceTrust {
  issuer: string
  caFile: string
  audience: string
  /** The subject that each role trusts. */
  roles: Readonly<Record<string, string>>
}

/** Starts it; it ends with the test. */
export async function startAwsMachine({
  roleArn = ROLE,
  before,
  service,
  ...changes
}: AwsChanges = {}): Promise<AwsMachine> {
  const site = await startSite()
  const folder = await connectMachine(site, 'web')
  const { identity } = await readRegistration(folder)
  const roles = { [ROLE]: identity.principalId, [OTHER_ROLE]: 'another' }
  const issuer = `${site.url}/${identity.tenantId}/`
  const sts = await startSts({
    provider: { issuer, ca: readFileSync(site.caFile, 'utf8'), audiences: [AUDIENCE] },
    roles: Object.fromEntries(Object.entries(roles).map(([arn, sub]) => [arn, { sub, aud: AUDIENCE }])),
  })
  onTestFinished(() => sts.stop())
  const { caFile } = site
  const stsUrl = (await service?.({ issuer, caFile, audience: AUDIENCE, roles })) ?? sts.url
  await before?.(sts)
  const role = { arn: roleArn, stsUrl, audience: AUDIENCE }
  const machine = await serveMachine(site, folder, {
    endpoints: [{ style: 'aws', secret: SECRET, role }],
    ...changes,
  })
  const [location] = machine.locations
  const url = location?.url ?? ''
  return {
    site,
    sts,
    machine,
    folder,
    url,
    env: { ...surroundings(sts), [AWS_VARIABLE.credentialsUri]: url },
  }
}

/** The variables of every program of AWS's in a test: it finds the double, and nothing of this host. */
export function surroundings(sts: StsDouble): Record<string, string> {
  return {
    ...MOVED_CLOCK,
    PATH: process.env.PATH ?? '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_STS: sts.url,
  }
}

/** Runs boto3; without it the test is left out. */
export async function runPython(
  context: TestContext,
  env: Record<string, string>,
  name = 'client.py',
): Promise<SdkReport> {
  const python = findPython('aws')
  context.skip(python === undefined, 'boto3 is not installed; "npm run setup:parts" does it')
  return await runProgram([python ?? '', programPath(name)], env)
}

/** Runs the SDK for JavaScript. */
export async function runJavaScript(
  way: 'container' | 'web-identity',
  env: Record<string, string>,
): Promise<SdkReport> {
  return await runProgram([process.execPath, '--conditions=source', programPath('client.ts'), way], env)
}

async function runProgram(
  [program = '', ...args]: string[],
  env: Record<string, string>,
): Promise<SdkReport> {
  const { stdout } = await run(program, args, { env, timeout: 60_000 })
  return JSON.parse(stdout)
}

function programPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
