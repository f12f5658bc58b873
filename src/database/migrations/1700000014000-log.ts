import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Events say where they were asked for from, and are found by it, by person, act, connection and time. The release
 * before ignores it.
 */
export class Log1700000014000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "audit_events" ADD "address" text');
    await runner.query(`DROP INDEX "${BEFORE}"`);
    for (const [name, columns] of INDEXES)
      await runner.query(`CREATE INDEX "${name}" ON "audit_events" (${columns}"at", "id")`);
    await runner.query(
      `CREATE INDEX "audit_events_by" ON "audit_events" (("detail"->>'by'), "at", "id") WHERE "detail"->>'by' IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of [...INDEXES.map(([one]) => one), 'audit_events_by']) await runner.query(`DROP INDEX "${name}"`);
    await runner.query(`CREATE INDEX "${BEFORE}" ON "audit_events" ("organization_id", "id")`);
    await runner.query('ALTER TABLE "audit_events" DROP COLUMN "address"');
  }
}

/** Of the order by id, which no page is in any more. */
const BEFORE = 'IDX_46550de018654a2560d1e5fe59';
const INDEXES = [
  ['audit_events_at', ''],
  ['audit_events_action', '"action", '],
  ['audit_events_organization', '"organization_id", '],
  ['audit_events_organization_action', '"organization_id", "action", '],
  ['audit_events_user', '"user_id", '],
  ['audit_events_grant', '"grant_id", '],
  ['audit_events_address', '"address", '],
] as const;
