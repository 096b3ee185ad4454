/**
 * The folder of key files, as each side calls it.
 *
 * @module
 */

/** One folder. */
export interface SharedFolder {
  /** As the agent sees it. */
  onLinux: string
  /** As clients on Windows do. */
  onWindows: string
  /** As they may as well: a drive on which all is that Wine sees. */
  onOtherDrive: string
}
