import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People choose a language. The release before ignores the column. */
export class Locales1700000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "users" ADD "locale" text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "users" DROP COLUMN "locale"');
  }
}
