/**
 * Folders that last as long as a process. This entry loads no control plane, and the agent only where a folder is made or swept.
 *
 * @module
 */

export { EPHEMERAL_FILE, ephemeralFolders, makeEphemeralFolder, sweepEphemeral } from './ephemeral-folder.ts'
