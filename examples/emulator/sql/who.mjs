/**
 * Signs in to Azure SQL with the managed identity, and prints as whom.
 *
 * AZURE_SQL_SERVER              for example NAME.database.windows.net
 * AZURE_SQL_PORT                1433 at Azure
 * AZURE_SQL_DATABASE            the database
 * AZURE_SQL_AUTHENTICATIONTYPE  for example azure-active-directory-default
 * AZURE_SQL_ENCRYPT             "strict" for TDS 8
 */

import mssql from 'mssql'

const { AZURE_SQL_SERVER: server = '', AZURE_SQL_PORT: port, AZURE_SQL_DATABASE: database = '' } = process.env
const { AZURE_SQL_AUTHENTICATIONTYPE: type, AZURE_SQL_ENCRYPT: encrypt } = process.env

const pool = await new mssql.ConnectionPool({
  server,
  port: Number(port),
  database,
  authentication: { type, options: {} },
  options: { encrypt: encrypt === 'strict' ? 'strict' : true },
}).connect()
const { recordset } = await pool.query('SELECT SUSER_SNAME() AS login')
process.stdout.write(`${recordset[0].login}\n`)
await pool.close()
