/**
 * An application in Entra ID that a machine is, and its tokens. A separate entry of the package, loaded only where there is one.
 *
 * @module
 */

export {
  type EntraApplication,
  exchangeOf,
  openEntraAlone,
  openEntraApplication,
} from './authority/entra-source.ts'
export { findAssigned } from './authority/still-given.ts'
export { ENTRA_CLOUDS, type EntraCloud, isEntraCloud } from './machine/entra-clouds.ts'
export {
  type CertificateProof,
  type EntraIssuer,
  type EntraKey,
  entraAuthorityOf,
  type FederationProof,
  removeEntraRegistration,
  writeEntraRegistration,
} from './machine/entra-registration.ts'
export { selfSigned } from './machine/self-signed.ts'
