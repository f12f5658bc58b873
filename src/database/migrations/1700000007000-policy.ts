import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations decide about tools. The release before ignores table and column. */
export class Policy1700000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "organizations" ADD "policy_version" integer NOT NULL DEFAULT 0');
    await runner.query(`CREATE TABLE "policy_rules" (
      "organization_id" uuid NOT NULL,
      "tool" text NOT NULL,
      "people" text NOT NULL,
      "verdict" text NOT NULL,
      "ceiling" text array,
      "expires_at" timestamptz,
      CONSTRAINT "PK_4b65863d01e80828223e6a159e0" PRIMARY KEY ("organization_id", "tool", "people"),
      CONSTRAINT "FK_f263e13fdb7d64beadf3ce87483" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "policy_rules"');
    await runner.query('ALTER TABLE "organizations" DROP COLUMN "policy_version"');
  }
}
