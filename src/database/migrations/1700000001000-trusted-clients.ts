import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Clients an administrator registered can be trusted. The release before ignores the column. */
export class TrustedClients1700000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "clients" ADD "trusted" boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "clients" DROP COLUMN "trusted"');
  }
}
