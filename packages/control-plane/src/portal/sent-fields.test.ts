import { expect, test } from 'vitest'
import { PROVIDER } from '../testing/trial-people.ts'
import { startTrialPortal } from '../testing/trial-portal.ts'
import { FIELD_LABELS } from './sent-fields.ts'

/** The fields that a person fills in, of all forms of a page that change something. */
function typedNames(page: string): string[] {
  const forms = page.match(/<form method="post".*?<\/form>/gs) ?? []
  const fields = forms.flatMap((form) => form.match(/<(input|select|textarea)\b[^>]*>/g) ?? [])
  return fields
    .filter((field) => !field.includes('type="hidden"'))
    .flatMap((field) => /\bname="(\w+)"/.exec(field)?.[1] ?? [])
}

test('every field of every form has a name in words for the page about a refusal', async () => {
  const trial = await startTrialPortal({ portalProvider: PROVIDER })
  const owner = await trial.ownersBrowser()
  const machine = (await trial.enrolMachine('web-1')).identity.resourceId
  const group = machine.slice(0, machine.indexOf('/providers/'))
  const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/backup`
  await trial.ask(`${identity}?api-version=2024-11-30`, { method: 'PUT', json: { location: 'here' } })
  const application = await trial.addApplication()
  const pages = [
    ...['/roles', '/join', '/identities', '/applications', '/groups', '/users', '/keys', machine, identity],
    `/applications/${application.principalId}`,
    ...['github', 'gitlab', 'kubernetes', 'other'].map((guide) => `${identity}/federate/${guide}`),
  ]
  for (const path of pages) {
    const { status, text } = await owner.get(`/portal${path}`)
    const names = typedNames(text)
    expect([path, status, names.length > 0]).toEqual([path, 200, true])
    expect([path, names.filter((name) => !FIELD_LABELS.has(name))]).toEqual([path, []])
  }
})
