/**
 * The files of a trial checkout that are not those of the real one: three packages of a few lines, and their lock file.
 *
 * @module
 */

/** Loads a part of its build only when its standard input ends, if it is asked to. */
const PROGRAM = `import { WORD } from '@landfast/client'
process.stdout.write(\`\${WORD}\\n\`)
if (process.argv[2] === 'late') {
  await new Promise((resolve) => process.stdin.on('end', resolve).resume())
  process.stdout.write((await import('./late.ts')).LATE)
}
`

const NAMES: Readonly<Record<string, string>> = {
  agent: '@landfast/agent',
  client: '@landfast/client',
  cli: 'landfast',
}

const EXPORTS = {
  '.': { source: './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
}

const COMPILER_OPTIONS = {
  composite: true,
  declaration: true,
  rootDir: 'src',
  tsBuildInfoFile: 'dist/.tsbuildinfo',
  types: ['node'],
}

const DEPENDENCIES: Readonly<Record<string, Record<string, string>>> = {
  agent: { tool: '1.0.0' },
  cli: { '@landfast/client': '0.1.0' },
}

/** Their text, by their paths. */
export const TRIAL_FILES: Readonly<Record<string, string>> = {
  'package.json': json({ private: true, type: 'module', workspaces: ['packages/*'] }),
  'package-lock.json': json({ lockfileVersion: 3, packages: lockedPackages() }),
  '.npmrc': '',
  'packages/tsconfig.json': json({ files: [], references: Object.keys(NAMES).map((path) => ({ path })) }),
  ...Object.assign({}, ...Object.keys(NAMES).map(packageFiles)),
  'packages/agent/src/index.ts': "export { lockFolder } from './machine/folder-lock.ts'\n",
  'packages/client/src/index.ts': "export const WORD: string = 'first'\n",
  'packages/cli/src/main.ts': PROGRAM,
  'packages/cli/src/commands/agent-main.ts': "process.stdout.write('agent')\n",
  'packages/cli/src/late.ts': "export const LATE: string = 'late of first'\n",
}

function packageFiles(folder: string): Record<string, string> {
  const isCommand = folder === 'cli'
  const own = { outDir: isCommand ? 'dist/types' : 'dist', emitDeclarationOnly: folder !== 'agent' }
  return {
    [`packages/${folder}/package.json`]: json({
      ...{ name: NAMES[folder], version: '0.1.0', type: 'module', dependencies: DEPENDENCIES[folder] },
      ...(isCommand ? { bin: { landfast: 'bin/landfast.js' } } : { exports: EXPORTS }),
    }),
    [`packages/${folder}/tsconfig.json`]: json({
      extends: '../tsconfig.base.json',
      compilerOptions: { ...COMPILER_OPTIONS, ...own },
      include: ['src'],
      references: isCommand ? [{ path: '../client' }] : [],
    }),
  }
}

/** One package of others, one for machines of another kind, and our own. */
function lockedPackages(): Record<string, object> {
  const ours = Object.entries(NAMES).flatMap(([folder, name]): [string, object][] => [
    [`packages/${folder}`, { name, version: '0.1.0', dependencies: DEPENDENCIES[folder], ...binOf(folder) }],
    [`node_modules/${name}`, { resolved: `packages/${folder}`, link: true }],
  ])
  return {
    '': { workspaces: ['packages/*'] },
    'node_modules/tool': { version: '1.0.0', integrity: 'sha512-1' },
    'node_modules/tool-of-others': { version: '1.0.0', integrity: 'sha512-2', optional: true, os: ['none'] },
    ...Object.fromEntries(ours),
  }
}

function binOf(folder: string): object {
  return folder === 'cli' ? { bin: { landfast: 'bin/landfast.js' } } : {}
}

function json(content: object): string {
  return JSON.stringify(content, null, 2)
}
