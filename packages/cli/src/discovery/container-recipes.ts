/**
 * How a container engine is told of the file of a workload, as lines to copy.
 *
 * @see docs/containers.md#the-file
 * @module
 */

/** Where a container finds the file if it is mounted. */
const MOUNTED = '/run/secrets/landfast.env'

/** One way to give the file to a container. */
export interface Recipe {
  readonly title: string
  readonly lines: readonly string[]
}

/** Every way, for the workload `name` whose file is `file`. */
export function recipesFor(name: string, file: string): Recipe[] {
  const shell = `set -a; . ${MOUNTED}; set +a; exec PROGRAM`
  return [
    {
      title: 'Compose',
      lines: ['services:', `  ${name}:`, `    env_file: ${file}`],
    },
    {
      title: 'Podman, or with the same flag Docker and nerdctl',
      lines: [`podman run --env-file ${file} IMAGE`],
    },
    {
      title: 'containerd',
      lines: [`ctr run --env-file ${file} --cni IMAGE ${name}`],
    },
    {
      title: 'mounted, for an engine that takes no such file',
      lines: [`podman run --volume ${file}:${MOUNTED}:ro IMAGE sh -c '${shell}'`],
    },
  ]
}
