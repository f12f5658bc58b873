import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A grant remembers which metadata of a self-publishing client was approved. The release before ignores the columns.
 */
export class PinnedMetadata1700000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['clients', 'grants']) await runner.query(`ALTER TABLE "${table}" ADD "pinned" bytea`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['clients', 'grants']) await runner.query(`ALTER TABLE "${table}" DROP COLUMN "pinned"`);
  }
}
