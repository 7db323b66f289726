/** A plugin's migration, run as a role that owns nothing of core and cannot be left. */
import type { OperationsTx } from './operations.ts'

/**
 * The file is the body of a function that robnu_plugins owns: in there PostgreSQL refuses to change
 * the role or to commit, however the file asks for it, while everything that a migration needs works.
 */
export const applyAsPlugin = async (tx: OperationsTx, text: string): Promise<void> => {
  await tx.unsafe(`
    set local role robnu_plugins;
    create function plugin_file(p_text text) returns void language plpgsql security definer
      as $$ begin execute p_text; end $$;
    revoke all on function plugin_file(text) from public;
    grant execute on function plugin_file(text) to robnu_owner;
    reset role`)
  await tx`select plugin_file(${text})`
  await tx.unsafe('drop function plugin_file(text)')
}
