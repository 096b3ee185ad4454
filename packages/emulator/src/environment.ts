/**
 * What leads programs to an endpoint, apart from what serves it: this entry loads neither control plane nor agent.
 *
 * @module
 */

export { IDENTITY_NAME_FORM, isIdentityName, SERVICE_NAMES, type ServiceName } from './emulator-options.ts'
export { competingVariables, type Environment, pastProxies } from './environment/leading-variables.ts'
export { ownEndpoint } from './environment/own-endpoint.ts'
export {
  everyTrust,
  pythonTrust,
  TRUST_VARIABLES,
  trustedVariables,
} from './environment/trusted-variables.ts'
