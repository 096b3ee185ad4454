/**
 * Makes a step of a change of the CA, whoever does not know the next one.
 *
 * @module
 */

import { type AuthorityStep, changeCertificateAuthority } from '@landfast/control-plane'

const [options = '', step] = process.argv.slice(2)
await changeCertificateAuthority(JSON.parse(options), {
  isRunning: false,
  step: step as AuthorityStep,
  force: true,
})
