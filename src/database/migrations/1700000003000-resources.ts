import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Operators declare other servers that tokens are for. The release before knows only its own, and ignores the table.
 */
export class Resources1700000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "resources" (
      "id" uuid NOT NULL DEFAULT gen_random_uuid(),
      "uri" text NOT NULL,
      "name" text NOT NULL,
      "scopes" jsonb NOT NULL,
      "server_id" text NOT NULL,
      "secret_hash" bytea NOT NULL,
      "created_at" timestamptz NOT NULL,
      CONSTRAINT "UQ_53f3eda853cc10d5cdd1cf17af6" UNIQUE ("uri"),
      CONSTRAINT "UQ_09a3ae18df6628c6b5fa43fdd0c" UNIQUE ("server_id"),
      CONSTRAINT "PK_632484ab9dff41bba94f9b7c85e" PRIMARY KEY ("id")
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "resources"');
  }
}
