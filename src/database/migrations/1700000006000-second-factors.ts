import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Authenticator apps, recovery codes, and sessions that know of them. The release before asks for the password alone.
 */
export class SecondFactors1700000006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "authenticator_apps" (
      "user_id" uuid NOT NULL,
      "sealed_secret" text NOT NULL,
      "last_step" integer NOT NULL,
      "created_at" timestamptz NOT NULL,
      "last_used_at" timestamptz NOT NULL,
      CONSTRAINT "PK_a317057d68a8eee796b2a757732" PRIMARY KEY ("user_id"),
      CONSTRAINT "FK_a317057d68a8eee796b2a757732" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE
    )`);
    await runner.query(`CREATE TABLE "recovery_codes" (
      "user_id" uuid NOT NULL,
      "code_hash" bytea NOT NULL,
      CONSTRAINT "PK_d07c335ded337e58c4f36f234d2" PRIMARY KEY ("user_id", "code_hash"),
      CONSTRAINT "FK_fb82b2ac740ca095b617afad031" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE
    )`);
    await runner.query('ALTER TABLE "sessions" ADD "second_factor_at" timestamptz, ADD "second_factor" text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "sessions" DROP COLUMN "second_factor_at", DROP COLUMN "second_factor"');
    await runner.query('DROP TABLE "recovery_codes"');
    await runner.query('DROP TABLE "authenticator_apps"');
  }
}
