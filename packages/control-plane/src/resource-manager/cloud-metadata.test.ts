import { expect, test } from 'vitest'
import { codeOf, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const at = (version: string) => `/metadata/endpoints?api-version=${version}`

test('everybody may read the endpoints of the cloud, and all of them are the control plane’s own', async () => {
  const { ask, controlPlane, tenantId } = await startTrialResourceManager()
  const { url } = controlPlane
  const { status, body } = await ask(at('2022-09-01'), { as: undefined })
  expect([status, body.name]).toEqual([200, 'Landfast'])
  expect(body.authentication).toEqual({
    loginEndpoint: url,
    audiences: ['https://management.azure.com/', 'https://management.core.windows.net/'],
    tenant: tenantId,
    identityProvider: 'AAD',
  })
  expect([body.resourceManager, body.microsoftGraphResourceId]).toEqual([`${url}/`, `${url}/`])
  for (const suffix of Object.values(body.suffixes)) expect(suffix).toMatch(/\.invalid$/)
})

test('older versions get the forms that they had: a list of clouds, and before that no name', async () => {
  const { ask, controlPlane } = await startTrialResourceManager()
  const { body: cloud } = await ask(at('2022-09-01'), { as: undefined })
  for (const version of ['2019-05-01', '2020-06-01']) {
    expect((await ask(at(version), { as: undefined })).body, version).toEqual([cloud])
  }
  for (const version of ['1.0', '2015-01-01', '2018-05-01']) {
    const { body } = await ask(at(version), { as: undefined })
    expect(body.authentication, version).toEqual(cloud.authentication)
    expect(body.graphEndpoint, version).toBe(`${controlPlane.url}/`)
  }
})

test('a version that is missing or unknown is refused as elsewhere', async () => {
  const { ask } = await startTrialResourceManager()
  const refused = await ask('/metadata/endpoints', { as: undefined })
  expect(codeOf(refused)).toEqual([400, 'MissingApiVersionParameter'])
  expect(codeOf(await ask(at('2000-01-01'), { as: undefined }))).toEqual([400, 'InvalidApiVersionParameter'])
  expect(codeOf(await ask('/metadata/else', { as: undefined }))).toEqual([404, 'HttpResourceNotFound'])
})
