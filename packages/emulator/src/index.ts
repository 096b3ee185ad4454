/**
 * Managed identity in tests: an endpoint in the test's own process.
 *
 * @module
 */

export type { MachineIdentity } from './administration/emulated-machine.ts'
export { createEmulator, type Emulator } from './emulator.ts'
export { EmulatorError, type EmulatorErrorCode } from './emulator-error.ts'
export type { AppRoles, EmulatorOptions, IdentityOptions, ServiceName } from './emulator-options.ts'
export type { FaultKind, FaultOptions, FaultReach } from './faults/fault.ts'
export type { StandingFault } from './faults/standing-faults.ts'
export { type FaultySite, type FaultySiteOptions, startFaultySite } from './faulty-site.ts'
export type { SeenRequest } from './requests/request-log.ts'
export { type Azurite, startAzurite } from './services/azurite.ts'
export { findAzurite } from './services/azurite-program.ts'
export { type Services, setMachineRoles, startServices } from './services/services.ts'
export { type Site, type SiteOptions, startSite } from './site/site.ts'
