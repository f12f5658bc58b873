import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Operators suspend organizations, and page through clients and organizations. The release before ignores all of it.
 */
export class Suspension1700000012000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "organizations" ADD "suspended_at" TIMESTAMP WITH TIME ZONE');
    await runner.query('CREATE INDEX "IDX_a8cf5495d8702a68ad85312452" ON "organizations" ("created_at", "id")');
    await runner.query('CREATE INDEX "IDX_73fa80548fe7ce4b87e3d0234a" ON "clients" ("created_at", "id")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX "IDX_73fa80548fe7ce4b87e3d0234a"');
    await runner.query('DROP INDEX "IDX_a8cf5495d8702a68ad85312452"');
    await runner.query('ALTER TABLE "organizations" DROP COLUMN "suspended_at"');
  }
}
