/** Makes the schema in which BullMQ keeps the sweeps when there is no Redis. */
import { PostgresConnection, quoteSchemaName } from 'bullmq'

/** Who serves from the schema; other logins are members of this role. */
const platformRole = 'robnu_platform'

/**
 * Run by `migrate`, as the owner, who needs CREATE on the database. Safe to repeat. The tables are
 * the owner's; the platform role may read and write their rows and call their functions, nobody
 * else may do anything. They hold the names and times of sweeps, and nothing of any seller.
 */
export const migrateSweeps = async (
  options: { readonly ownerUrl: string; readonly schema?: string },
): Promise<void> => {
  const schema = options.schema ?? 'bullmq'
  const connection = new PostgresConnection({
    connectionString: options.ownerUrl,
    schema,
    max: 1,
    migrate: true,
  })
  // without a listener a lost connection would end the process; the query in hand reports it
  connection.on('error', () => {})
  try {
    await connection.waitUntilReady()
    await connection.pool.query(grantsOf(quoteSchemaName(schema)))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`Cannot make the schema "${schema}" of the sweeps: ${reason}`, { cause })
  } finally {
    await connection.close()
  }
}

const grantsOf = (schema: string): string => `
  revoke all on schema ${schema} from public;
  revoke all on all functions in schema ${schema} from public;
  grant usage on schema ${schema} to ${platformRole};
  grant select, insert, update, delete on all tables in schema ${schema} to ${platformRole};
  revoke insert, update, delete on ${schema}.migration from ${platformRole};
  grant usage, select on all sequences in schema ${schema} to ${platformRole};
  grant execute on all functions in schema ${schema} to ${platformRole};`
