/**
 * The manual: one page for the program and one for each of its commands, made from the commands' own declarations.
 *
 * @see https://man7.org/linux/man-pages/man7/groff_man.7.html
 * @module
 */

import type { CommandEntry, FlagEntry } from './command-tree.ts'

/** What a page says beside the commands. */
export interface ManualFacts {
  version: string
  /** Of the version, `2026-01-31`. */
  date: string
  /** Exit codes with what they mean. */
  exitCodes: readonly (readonly [code: number, meaning: string])[]
}

/** The pages by the names of their files. */
export function manualPages(tree: readonly CommandEntry[], facts: ManualFacts): Map<string, string> {
  const [program, ...commands] = tree
  const pages = new Map<string, string>()
  if (!program) return pages
  for (const { name } of program.commands) {
    const own = commands.filter(({ path }) => path === name || path.startsWith(`${name} `))
    pages.set(`landfast-${name}.1`, commandPage(own, facts))
  }
  pages.set('landfast.1', programPage(program, facts))
  return pages
}

function programPage(program: CommandEntry, facts: ManualFacts): string {
  return [
    header('landfast', program.description, facts),
    '.SH SYNOPSIS',
    '.B landfast',
    '.I command',
    '[options]',
    '.SH DESCRIPTION',
    text(`${sentence(program.description)} Each command has a page of its own, such as landfast-run(1).`),
    '.SH COMMANDS',
    ...program.commands.flatMap(({ name, description }) =>
      tagged(`.BR landfast\\-${text(name)} (1)`, description),
    ),
    '.SH OPTIONS',
    ...program.flags.flatMap(flagLines),
    '.SH EXIT STATUS',
    text('The codes are those of azcmagent where it knows the same failure.'),
    ...facts.exitCodes.flatMap(([code, meaning]) => tagged(`.B ${code}`, meaning)),
    ...exampleLines([program]),
    '',
  ].join('\n')
}

function commandPage([command, ...below]: readonly CommandEntry[], facts: ManualFacts): string {
  if (!command) return ''
  const name = `landfast-${command.path}`
  return [
    header(name, command.description, facts),
    '.SH SYNOPSIS',
    ...paragraphs([command, ...below].filter(isRunnable).map(synopsis)),
    '.SH DESCRIPTION',
    text(sentence(command.description)),
    ...(command.flags.length > 0 ? ['.SH OPTIONS', ...command.flags.flatMap(flagLines)] : []),
    ...(below.length > 0 ? ['.SH COMMANDS', ...below.flatMap(section)] : []),
    ...exampleLines([command, ...below]),
    '.SH SEE ALSO',
    '.BR landfast (1)',
    '',
  ].join('\n')
}

/** One that only holds others is never run by itself. */
function isRunnable({ commands, flags }: CommandEntry): boolean {
  return commands.length === 0 || flags.length > 1
}

function header(name: string, description: string, { version, date }: ManualFacts): string {
  return [
    '.\\" Made from the declarations of the commands.',
    `.TH ${text(name.toUpperCase())} 1 ${date} "landfast ${version}" "Landfast"`,
    '.SH NAME',
    `${text(name)} \\- ${text(description)}`,
  ].join('\n')
}

function synopsis({ path, operands, flags }: CommandEntry): string[] {
  const options = flags.length > 0 ? '[options] ' : ''
  return [`.B landfast ${text(path)}`, text(`${options}${operands.join(' ')}`.trim()) || '\\&']
}

function section({ path, description, flags }: CommandEntry): string[] {
  return [`.SS landfast ${text(path)}`, text(sentence(description)), ...flags.flatMap(flagLines)]
}

function flagLines({ short, long, value, description }: FlagEntry): string[] {
  const names = [...(short ? [short] : []), long].map((name) => `\\fB${text(name)}\\fR`).join(', ')
  const shown = value === '' ? '' : ` \\fI${text(value)}\\fR`
  return tagged(names + shown, description)
}

function tagged(tag: string, description: string): string[] {
  return ['.TP', tag, text(sentence(description) || '\\&')]
}

/** A heading begins a paragraph by itself. */
function paragraphs(parts: readonly (readonly string[])[]): string[] {
  return parts.flatMap((lines, index) => (index === 0 ? lines : ['.PP', ...lines]))
}

function exampleLines(entries: readonly CommandEntry[]): string[] {
  const lines = entries.flatMap(({ examples }) => examples)
  if (lines.length === 0) return []
  return ['.SH EXAMPLES', ...paragraphs(lines.map((line) => ['.nf', text(line), '.fi']))]
}

function sentence(clause: string): string {
  if (clause === '') return ''
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1).replace(/[.]$/, '')}.`
}

/** `words` as roff shows them: nothing in them is a request, a hyphen is one that can be copied. */
function text(words: string): string {
  const escaped = words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('“', '\\(lq')
    .replaceAll('”', '\\(rq')
    .replaceAll('…', '\\&...')
    .replaceAll('"', '\\(dq')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}
