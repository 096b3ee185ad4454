/**
 * Managed identity in tests: an endpoint in the test's own process.
 *
 * @module
 */

export { EmulatorError, type EmulatorErrorCode } from './emulator-error.ts'
export { type Site, type SiteOptions, startSite } from './site/site.ts'
