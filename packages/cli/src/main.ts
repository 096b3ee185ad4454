/**
 * The program `landfast`, behind `bin/landfast.js`: the agent, which starts with every host, and all other commands. The build
 * puts a file of its own in the place of the first.
 *
 * @module
 */

if (process.argv[2] === 'agent') {
  await import('./commands/agent-main.ts')
} else {
  const [{ runProgram }, { runToEnd }] = await Promise.all([
    import('./program.ts'),
    import('./usage/program-end.ts'),
  ])
  await runToEnd(runProgram)
}

export {}
