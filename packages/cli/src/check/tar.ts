/**
 * Writes a tar archive of files in memory, in the form that every tar reads.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 * @module
 */

const BLOCK = 512

/** The name field's length; no folder of ours needs the prefix field. */
const NAME_MAX_BYTES = 100

/** One file. */
export interface ArchivedFile {
  name: string
  text: string
}

/** The archive of `files`, each as of `time` and for its owner alone. */
export function tarOf(files: readonly ArchivedFile[], time: Date): Buffer {
  const seconds = Math.floor(time.getTime() / 1000)
  const parts = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text)
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
    return [headerOf(name, content.length, seconds), content, padding]
  })
  // Two empty blocks are its end.
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function headerOf(name: string, size: number, seconds: number): Buffer {
  if (Buffer.byteLength(name) > NAME_MAX_BYTES) throw new RangeError(`the name "${name}" is too long`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o600, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(seconds, 11), 100)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  // Spaces stand for the sum while it is made.
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  )
  return header
}
