import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit log refuses every change, and a chain of MACs tells of those made behind its back. The release before
 * ignores both.
 */
export class AuditChain1700000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "audit_chain" (
      "seq" bigint NOT NULL,
      "event_id" bigint NOT NULL,
      "mac" bytea NOT NULL,
      CONSTRAINT "audit_chain_pkey" PRIMARY KEY ("seq"),
      CONSTRAINT "audit_chain_event_id_key" UNIQUE ("event_id")
    )`);
    await runner.query(`CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$`);
    for (const table of TABLES)
      await runner.query(`CREATE TRIGGER "${table}_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "${table}"
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TRIGGER "${table}_append_only" ON "${table}"`);
    await runner.query('DROP FUNCTION refuse_change()');
    await runner.query('DROP TABLE "audit_chain"');
  }
}

const TABLES = ['audit_events', 'audit_chain'];
