import { readFileSync } from 'node:fs'
import { AgentError } from '@landfast/agent'
import { ClientError } from '@landfast/client'
import { EmulatorError } from '@landfast/emulator'
import { afterRefusal, ONBOARDING_ERROR_CODES, ONBOARDING_ERRORS, WireError } from '@landfast/protocol'
import { AdminError } from '@landfast/server'
import { ProxyError } from '@landfast/server/proxy'
import { describe, expect, test } from 'vitest'
import { ArmError } from '../packages/control-plane/src/arm/arm-error.ts'
import { GraphError } from '../packages/control-plane/src/arm/graph-error.ts'
import { AuthorityError } from '../packages/control-plane/src/authority/authority-error.ts'
import { RoleError } from '../packages/control-plane/src/authorization/role-error.ts'
import { CertificateError } from '../packages/control-plane/src/certificates/certificate-error.ts'
import { FederationError } from '../packages/control-plane/src/federation/federation-error.ts'
import { PortalError } from '../packages/control-plane/src/portal/portal-error.ts'
import { IdentityError } from '../packages/control-plane/src/resource-manager/identity-error.ts'
import { SERVICE_PRINCIPAL_ERRORS } from '../packages/control-plane/src/service-principals/service-principal-error.ts'
import { StorageError } from '../packages/control-plane/src/storage/storage-error.ts'
import { VaultError } from '../packages/emulator/src/services/key-vault/vault-error.ts'
import { BusError } from '../packages/emulator/src/services/service-bus/bus-error.ts'
import { SqlError } from '../packages/emulator/src/services/sql/sql-error.ts'

const PAGE = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')

/** The rows of the table under a heading, each cell without its back quotes. */
function rowsUnder(heading: string): string[][] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| |[`|]| \|$/g, '').trim()))
}

/** The status of a refusal whose blanks are left empty, as the page writes it. */
function statusOf(refusal: new (...args: never) => { status: number }, code: string): string {
  return String(Reflect.construct(refusal, [code]).status)
}

for (const [heading, codes] of [
  ['The local endpoint', WireError.codes],
  ['The client', ClientError.codes],
  ['The agent', AgentError.codes],
  ['The emulator', EmulatorError.codes],
  ['The key vault of the emulator', VaultError.codes],
  ['The SQL of the emulator', SqlError.codes],
  ['The Service Bus of the emulator', BusError.codes],
  ['The authority', AuthorityError.codes],
  ['The Resource Manager', ArmError.codes],
  ['Onboarding', ONBOARDING_ERROR_CODES],
  ['Foreign issuers', FederationError.codes],
  ['Proxies', ProxyError.codes],
  ['The directory', GraphError.codes],
  ['Identities', IdentityError.codes],
  ['Roles', RoleError.codes],
  ['Service principals', SERVICE_PRINCIPAL_ERRORS.map(([, code]) => code)],
  ['The portal', PortalError.codes],
  ['The state of the control plane', StorageError.codes],
  ['The server certificate', CertificateError.codes],
  ['Health and metrics of the control plane', AdminError.codes],
] as const) {
  test(`docs/errors.md has the errors of "${heading}", each once and in its order`, () => {
    expect(rowsUnder(heading).map(([code]) => code)).toEqual(codes)
  })

  test(`docs/errors.md says in sentences what the errors of "${heading}" mean`, () => {
    for (const row of rowsUnder(heading)) expect(row.at(-1)).toMatch(/^\S.*\.$/)
  })
}

describe('docs/errors.md gives the status and the error of', () => {
  test.each(WireError.codes)('%s', (code) => {
    const [, status, error] = rowsUnder('The local endpoint').find(([name]) => name === code) ?? []
    const expected = new WireError(code)
    expect([status, error]).toEqual([String(expected.status), expected.error])
  })

  test.each(SqlError.codes)('%s', (code) => {
    const [, number, state] = rowsUnder('The SQL of the emulator').find(([name]) => name === code) ?? []
    const expected = new SqlError(code)
    expect([number, state]).toEqual([String(expected.number), String(expected.state)])
  })

  test.each(BusError.codes)('%s', (code) => {
    const [, status, condition] =
      rowsUnder('The Service Bus of the emulator').find(([name]) => name === code) ?? []
    const expected = new BusError(code)
    expect([status, condition]).toEqual([String(expected.status), expected.condition])
  })

  test.each(AuthorityError.codes)('%s', (code) => {
    const [, status, error, number] = rowsUnder('The authority').find(([name]) => name === code) ?? []
    const expected = new AuthorityError(code)
    expect([status, error, number]).toEqual([
      String(expected.status),
      expected.error,
      String(expected.number),
    ])
  })

  test.each(VaultError.codes)('%s', (code) => {
    const [, status, error] = rowsUnder('The key vault of the emulator').find(([name]) => name === code) ?? []
    const expected = new VaultError(code)
    const { error: body } = expected.body as { error: { code: string; innererror?: { code: string } } }
    expect([status, error]).toEqual([
      String(expected.status),
      [body.code, body.innererror?.code].filter(Boolean).join(', '),
    ])
  })

  test.each(ArmError.codes)('%s', (code) => {
    const [, status] = rowsUnder('The Resource Manager').find(([name]) => name === code) ?? []
    expect(status).toBe(statusOf(ArmError, code))
  })

  test.each(SERVICE_PRINCIPAL_ERRORS)('%i %s', (expected, code) => {
    const [, status] = rowsUnder('Service principals').find(([name]) => name === code) ?? []
    expect(status).toBe(String(expected))
  })

  test.each(GraphError.codes)('%s', (code) => {
    const [, status] = rowsUnder('The directory').find(([name]) => name === code) ?? []
    expect(status).toBe(statusOf(GraphError, code))
  })

  test.each(IdentityError.codes)('%s', (code) => {
    const [, status] = rowsUnder('Identities').find(([name]) => name === code) ?? []
    expect(status).toBe(statusOf(IdentityError, code))
  })

  test.each(RoleError.codes)('%s', (code) => {
    const [, status] = rowsUnder('Roles').find(([name]) => name === code) ?? []
    expect(status).toBe(statusOf(RoleError, code))
  })

  test.each(PortalError.codes)('%s', (code) => {
    const [, status] = rowsUnder('The portal').find(([name]) => name === code) ?? []
    expect(status).toBe(String(new PortalError(code).status))
  })

  test.each(ONBOARDING_ERROR_CODES)('%s', (code) => {
    const [, status, then] = rowsUnder('Onboarding').find(([name]) => name === code) ?? []
    expect([status, then]).toEqual([String(ONBOARDING_ERRORS[code][0]), afterRefusal(code)])
  })
})
