/**
 * The variables by which programs find the emulator's SQL: those that Azure's Service Connector sets.
 *
 * @see https://learn.microsoft.com/azure/service-connector/how-to-integrate-sql-database
 * @module
 */

/** By its name: the ODBC driver looks for no address in a certificate. */
const SERVER = 'localhost'

/** Any would do, as there is no data. */
const DATABASE = 'emulator'

/** The variables that lead to `port`. */
export function sqlVariables(port: number): Record<string, string> {
  const parts = [
    `Server=tcp:${SERVER},${port}`,
    `Database=${DATABASE}`,
    'Authentication=ActiveDirectoryDefault',
    'Encrypt=yes',
  ]
  return {
    AZURE_SQL_SERVER: SERVER,
    AZURE_SQL_PORT: String(port),
    AZURE_SQL_DATABASE: DATABASE,
    AZURE_SQL_AUTHENTICATIONTYPE: 'azure-active-directory-default',
    AZURE_SQL_CONNECTIONSTRING: parts.join(';'),
  }
}
