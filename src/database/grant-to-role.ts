import type { DataSource, EntityManager } from 'typeorm';
import { StartupError } from './database-error.js';

/** What may only grow. */
const APPEND_ONLY = ['audit_events', 'audit_chain'];

/**
 * Gives a role what the running server needs and nothing else: its tables' rows, no more than reading and adding of the
 * log, no tables of its own. Throws `StartupError` when the role could do more all the same.
 */
export async function grantToRole(dataSource: DataSource, role: string): Promise<void> {
  await dataSource.transaction(async (manager) => {
    const [known] = await manager.query<{ quoted: string; database: string; super: boolean }[]>(
      `SELECT quote_ident(rolname) AS quoted, quote_ident(current_database()) AS database,
              rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication AS super FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    if (!known) throw new StartupError(`The database has no role "${role}". Make it first: CREATE ROLE … LOGIN.`);
    if (known.super)
      throw new StartupError(`The role "${role}" may do anything. Take SUPERUSER, CREATEDB and the like from it.`);
    const { quoted, database } = known;
    const tables = dataSource.entityMetadatas.map(({ tableName }) => `"${tableName}"`);
    const log = APPEND_ONLY.map((table) => `"${table}"`).join(', ');
    for (const statement of [
      `REVOKE CREATE ON SCHEMA public FROM PUBLIC, ${quoted}`,
      `REVOKE CREATE, TEMPORARY ON DATABASE ${database} FROM PUBLIC, ${quoted}`,
      `GRANT CONNECT ON DATABASE ${database} TO ${quoted}`,
      `GRANT USAGE ON SCHEMA public TO ${quoted}`,
      `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${quoted}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables.join(', ')} TO ${quoted}`,
      `REVOKE UPDATE, DELETE ON ${log} FROM ${quoted}`,
      `GRANT SELECT ON migrations TO ${quoted}`,
    ])
      await manager.query(statement);
    if (await canDoMore(manager, role))
      throw new StartupError(
        `The role "${role}" could still change the log or the schema. It must own nothing here, and be a member of no role that does.`,
      );
  });
}

async function canDoMore(manager: EntityManager, role: string): Promise<boolean> {
  const [row] = await manager.query<{ more: boolean }[]>(
    `SELECT has_schema_privilege($1, 'public', 'CREATE') OR has_database_privilege($1, current_database(), 'CREATE, TEMPORARY')
         OR bool_or(pg_has_role($1, relowner, 'MEMBER'))
         OR bool_or(relname = ANY ($2) AND has_table_privilege($1, oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')) AS more
       FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
    [role, APPEND_ONLY],
  );
  return row!.more;
}
