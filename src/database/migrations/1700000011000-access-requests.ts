import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * People ask for tools, and rules can be for one person. The release before ignores what is new, but takes a rule that
 * says "ask" for one that allows.
 */
export class AccessRequests1700000011000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "organizations" ADD "policy_before" jsonb');
    await runner.query('ALTER TABLE "policy_rules" ADD "person_id" uuid');
    await runner.query(
      'ALTER TABLE "policy_rules" ADD CONSTRAINT "FK_277249a7c894c0148bc85e57e4c" FOREIGN KEY ("person_id", "organization_id") REFERENCES "memberships"("user_id", "organization_id") ON DELETE CASCADE',
    );
    await runner.query(`CREATE TABLE "access_requests" (
      "id" uuid NOT NULL DEFAULT gen_random_uuid(),
      "user_id" uuid NOT NULL,
      "organization_id" uuid NOT NULL,
      "client_id" text NOT NULL,
      "digest" bytea NOT NULL,
      "identity" text NOT NULL,
      "client_name" text,
      "redirect_uri" text NOT NULL,
      "resource" text NOT NULL,
      "scopes" text array NOT NULL,
      "reason" text NOT NULL,
      "asked_at" timestamptz NOT NULL,
      "answered_at" timestamptz,
      "answered_by" uuid,
      "answer" text,
      CONSTRAINT "UQ_6f0b67b4e8bbe6a78ece0103c94" UNIQUE ("user_id", "organization_id", "digest"),
      CONSTRAINT "PK_f89e51c15e3dbea13aa248fe128" PRIMARY KEY ("id"),
      CONSTRAINT "FK_d056f9fe835a6916d7ed743b25f" FOREIGN KEY ("user_id", "organization_id") REFERENCES "memberships"("user_id", "organization_id") ON DELETE CASCADE
    )`);
    await runner.query(
      'CREATE INDEX "access_requests_open" ON "access_requests" ("organization_id", "asked_at", "id") WHERE answered_at IS NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "access_requests"');
    await runner.query('ALTER TABLE "policy_rules" DROP COLUMN "person_id"');
    await runner.query('ALTER TABLE "organizations" DROP COLUMN "policy_before"');
  }
}
