/**
 * `landfast control-plane`, which runs as a service by settings, and what belongs to it.
 *
 * @see docs/configuration.md
 * @module
 */

import type { AuthorityStep } from '@landfast/control-plane'
import { Argument, type Command, Option } from 'commander'
import { addProxyOptions } from '../control-plane/credential-options.ts'
import { type End, example } from '../declaration.ts'
import type { ChangeCaFlags } from '../operator/change-ca.ts'
import type { AuditFlags } from '../operator/control-plane-audit.ts'
import type { ExportFlags } from '../operator/export-discovery.ts'
import type { MoveFlags } from '../operator/move.ts'
import { CONTROL_PLANE_SETTINGS, DATABASE_SETTINGS } from '../settings/control-plane-settings.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import { addSettings } from '../settings/settings-options.ts'

/** Adds `control-plane` to `program`. */
export function addControlPlane(program: Command, end: End): void {
  const command = program
    .command('control-plane')
    .description('run the control plane: the registry of machines and the issuer of their tokens')
    .option('-j, --json', 'print where it is as one JSON line')
  addSettings(command, CONTROL_PLANE_SETTINGS)
    .addHelpText('after', example('landfast control-plane --host 0.0.0.0 --url https://id.example.com:8443'))
    .action(async (flags: ControlPlaneFlags) => {
      const { controlPlane } = await import('./control-plane.ts')
      end(await controlPlane(flags))
    })
  addReset(command, end)
  addAccept(command, end)
  addBackup(command, end)
  addMove(command, end)
  addKeyChange(command, end)
  addCaChange(command, end)
  addAudit(command, end)
  addExport(command, end)
}

function addReset(controlPlane: Command, end: End): void {
  const description =
    'make a new secret for an administrator whose file was lost; stop a control plane on SQLite first'
  addDatabaseCommand(controlPlane, 'reset-administrator', description).action(
    async (flags: ControlPlaneFlags) => {
      const { resetAdministrator } = await import('../operator/reset-administrator.ts')
      end(await resetAdministrator(flags))
    },
  )
}

function addAccept(controlPlane: Command, end: End): void {
  const description =
    'after a backup was restored: take the next heartbeat of each machine; stop a control plane on SQLite first'
  addDatabaseCommand(controlPlane, 'accept-restored', description).action(
    async (flags: ControlPlaneFlags) => {
      const { acceptRestored } = await import('../operator/accept-restored.ts')
      end(await acceptRestored(flags))
    },
  )
}

function addBackup(controlPlane: Command, end: End): void {
  addDatabaseCommand(
    controlPlane,
    'backup',
    'copy the state of a control plane on SQLite, which may run, into one new file',
    'FILE',
  )
    .argument('<file>', 'what to make; a file that is there is never replaced')
    .action(async (file: string, flags: ControlPlaneFlags) => {
      const { backup } = await import('../operator/backup.ts')
      end(await backup(file, flags))
    })
  addDatabaseCommand(controlPlane, 'restore', 'put such a file into an empty state folder', 'FILE')
    .argument('<file>', 'the backup')
    .action(async (file: string, flags: ControlPlaneFlags) => {
      const { restore } = await import('../operator/backup.ts')
      end(await restore(file, flags))
    })
}

function addKeyChange(controlPlane: Command, end: End): void {
  const description =
    'seal the secrets of the database under the key of encryption-key-file, or with SQLite under a new one of the state folder'
  addDatabaseCommand(controlPlane, 'change-encryption-key', description).action(
    async (flags: ControlPlaneFlags) => {
      const { changeKey } = await import('../operator/change-encryption-key.ts')
      end(await changeKey(flags))
    },
  )
}

function addCaChange(controlPlane: Command, end: End): void {
  const description = 'put another CA of the control plane in the place of its own, in three steps'
  const step = new Argument('<step>', 'make and publish the next one, let it sign, or end the former one')
  addDatabaseCommand(controlPlane, 'change-ca', description, 'prepare')
    .addArgument(step.choices(['prepare', 'serve', 'retire']))
    .option('--force', 'go on although machines do not know the next one yet')
    .action(async (step: AuthorityStep, flags: ChangeCaFlags) => {
      const { changeCa } = await import('../operator/change-ca.ts')
      end(await changeCa(step, flags))
    })
}

function addMove(controlPlane: Command, end: End): void {
  const description =
    'copy everything from SQLite in the state folder to the PostgreSQL database of the settings; stop the control plane first'
  addDatabaseCommand(controlPlane, 'move', description, '--database-url-file FILE')
    .option('--undo', 'let the control plane start on the SQLite database again')
    .action(async (flags: MoveFlags) => {
      const { move } = await import('../operator/move.ts')
      end(await move(flags))
    })
}

/** One that works on the database by itself. */
function addDatabaseCommand(controlPlane: Command, name: string, description: string, operand = ''): Command {
  const command = controlPlane
    .command(name)
    .description(description)
    .option('-j, --json', 'print one JSON line')
  return addSettings(command, DATABASE_SETTINGS).addHelpText(
    'after',
    example(`landfast control-plane ${[name, operand].join(' ').trim()} --state-dir /srv/landfast`),
  )
}

function addAudit(controlPlane: Command, end: End): void {
  const command = controlPlane
    .command('audit')
    .description('list what was done and refused, from a control plane that runs')
    .option('--since <time>', 'a time, or how long ago: 15m, 1h, 7d', '1h')
    .option('--until <time>', 'the same (default: now)')
    .option('--caller <name>', 'who asked: a name, client id or object id, of a deleted one as well')
    .option('--machine <name>', 'about which machine: a name, object id or ARM id')
    .option('--action <action>', 'what: assign-role, delete-machine, issue-token, …')
    .addOption(new Option('--outcome <outcome>', 'what became of it').choices(['done', 'refused']))
    .option('--code <code>', 'what was refused with this code: 7000215, AuthorizationFailed, …')
    .option('--audience <audience>', 'what was asked for this audience: https://vault.azure.net, …')
    .option('--id <id>', 'the one with this id: the trace id of a refusal, whenever it was')
    .option(
      '--correlation-id <id>',
      'what was changed or refused by requests with this id, whenever they were',
    )
    .option('--newest-first', 'the newest before the others')
    .option(
      '--administrator <file>',
      'what it is read by (default: the login, else administrator.json in the state folder)',
    )
    .option('--state-dir <dir>', 'the state folder of the control plane')
    .option('--config <file>', 'the YAML file of the control plane (LANDFAST_CONFIG)')
    .option(
      '--ca-file <file>',
      'the certificate of its CA (default: the one that the administrator’s file names)',
    )
    .option('--use-system-ca', 'trust the CAs of this host beside that')
  addProxyOptions(command)
    .option('-j, --json', 'print JSON lines')
    .addHelpText(
      'after',
      example('landfast control-plane audit --since 7d --caller alice --action assign-role'),
    )
    .action(async (flags: AuditFlags) => {
      const { controlPlaneAudit } = await import('../operator/control-plane-audit.ts')
      end(await controlPlaneAudit(flags))
    })
}

function addExport(controlPlane: Command, end: End): void {
  const command = controlPlane
    .command('export-discovery')
    .description('write discovery document and keys of a control plane that runs as files for a web server')
    .argument('<dir>', 'the folder that is served at the issuer’s address')
    .option(
      '--url <url>',
      'the control plane, https://HOST:PORT (default: that of --config, else of the login)',
    )
    .option('--config <file>', 'the YAML file of a control plane on this host')
    .option('--ca-file <file>', 'the certificate of its CA (PEM), unless this host trusts it anyway')
    .option('--use-system-ca', 'trust the CAs of this host beside that')
  addProxyOptions(command)
    .option('-j, --json', 'print one JSON line')
    .addHelpText(
      'after',
      example(
        'landfast control-plane export-discovery /srv/www/issuer --config /etc/landfast/control-plane.yaml',
      ),
    )
    .action(async (folder: string, flags: ExportFlags) => {
      const { exportDiscoveryTo } = await import('../operator/export-discovery.ts')
      end(await exportDiscoveryTo(folder, flags))
    })
}
