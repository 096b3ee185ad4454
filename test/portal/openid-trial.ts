/**
 * A portal where people sign in by the OpenID provider of their company.
 *
 * @module
 */

import type { ControlPlaneOptions } from '../../packages/control-plane/src/options.ts'
import type { TrialDatabase } from '../../packages/control-plane/src/testing/trial-database.ts'
import { giveRole, makePerson } from '../../packages/control-plane/src/testing/trial-people.ts'
import {
  startTrialPortal,
  type TrialBrowser,
  type TrialPage,
  type TrialPortal,
} from '../../packages/control-plane/src/testing/trial-portal.ts'
import { type CompanyOptions, type CompanyProvider, startCompanyProvider } from './company-provider.ts'

/** The portal and the provider. */
export interface OpenIdTrial extends TrialPortal {
  company: CompanyProvider
  /** Makes the group that the person is in, with a role everywhere. */
  addGroup(role: string): Promise<string>
  /** Follows the link on the sign-in page; answers where the provider is asked. */
  begin(browser: TrialBrowser, back?: string): Promise<string>
  /** All of it: to the provider and back. */
  comeIn(browser: TrialBrowser, back?: string): Promise<TrialPage>
}

/** Starts both. */
export async function startOpenIdTrial({
  provider,
  ...options
}: Partial<ControlPlaneOptions> & {
  database?: TrialDatabase
  provider?: CompanyOptions
} = {}): Promise<OpenIdTrial> {
  const company = await startCompanyProvider(provider)
  const trial = await startTrialPortal({ ...company.options, ...options })
  company.serve(trial.controlPlane.url)
  const begin: OpenIdTrial['begin'] = async (browser, back = '/portal') => {
    const { text } = await browser.get(`/portal/sign-in?${new URLSearchParams({ back })}`)
    const [, href = ''] = /<a class="button" href="([^"]+)">Sign in with /.exec(text) ?? []
    const { pathname, search } = new URL(href.replaceAll('&amp;', '&'))
    const started = await browser.get(pathname + search, { 'Sec-Fetch-Site': 'same-origin' })
    return String(started.headers.location)
  }
  return {
    ...trial,
    company,
    addGroup: async (role) => {
      const group = { displayName: 'platform', claimValue: 'platform-team' }
      const id = await makePerson(trial, 'groups', group)
      await giveRole(trial, id, { role })
      return id
    },
    begin,
    comeIn: async (browser, back) =>
      browser.get(await company.comeBack(await begin(browser, back)), { 'Sec-Fetch-Site': 'cross-site' }),
  }
}
