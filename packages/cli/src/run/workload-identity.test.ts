import { expect, test } from 'vitest'
import { workloadVariables } from './workload-identity.ts'

test.each(['https://id.example.com:8443', 'https://id.example.com:8443/'])(
  'the authority at %s is named with the slash that Azure’s own webhook writes',
  (authority) => {
    const variables = workloadVariables({ file: '/token', clientId: 'c', tenantId: 't', authority })
    expect(variables.AZURE_AUTHORITY_HOST).toBe('https://id.example.com:8443/')
  },
)
