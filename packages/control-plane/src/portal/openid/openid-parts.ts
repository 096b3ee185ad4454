/**
 * What the sign-in with the accounts of a company works with, put together from the options.
 *
 * @module
 */

import { createPortalPeople } from '../../admission/portal-people.ts'
import { readIssuerAccess } from '../../federation/issuer-access.ts'
import { RESOLVERS, reachOf } from '../../federation/issuer-reach.ts'
import type { CheckedOptions } from '../../options.ts'
import { readPortalProvider } from '../../registry/people/portal-provider.ts'
import type { Tenant } from '../../registry/tenant.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OpenIdParts } from '../portal-parts.ts'

/** Undefined where no provider is set. */
export function openIdParts({
  storage,
  tenant,
  encryptionKey,
  portalProvider,
  foreignIssuers,
  proxies,
}: { storage: Storage; tenant: Tenant } & Pick<OpenIdParts, 'encryptionKey'> &
  Pick<CheckedOptions, 'portalProvider' | 'foreignIssuers' | 'proxies'>): OpenIdParts | undefined {
  if (!portalProvider) return undefined
  const reaching = { access: readIssuerAccess(foreignIssuers), ...RESOLVERS, proxies }
  return {
    provider: readPortalProvider(portalProvider),
    people: createPortalPeople(storage, tenant),
    reach: reachOf(portalProvider.issuer, reaching),
    encryptionKey,
  }
}
