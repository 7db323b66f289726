/** The operations path: postgres.js for migrations, COPY and LISTEN, never for a request. */
import postgres from 'postgres'

export type Operations = postgres.Sql
/** What runs inside a transaction of the operations path. */
export type OperationsTx = postgres.TransactionSql

/** One connection of the given login, for as long as `work` runs. */
export const withOperations = async <T>(
  url: string,
  work: (sql: Operations) => Promise<T>,
): Promise<T> => {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 10,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    connection: { application_name: 'robnu-operations' },
  })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
