import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations can require a second factor. The release before lets people approve without. */
export class RequiredSecondFactor1700000016000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "organizations" ADD "requires_second_factor" boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "organizations" DROP COLUMN "requires_second_factor"');
  }
}
