import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Passkeys. The release before knows nothing of them, and asks for the password. */
export class Passkeys1700000013000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "passkeys" (
      "id" uuid NOT NULL DEFAULT gen_random_uuid(),
      "user_id" uuid NOT NULL,
      "credential_id" bytea NOT NULL,
      "public_key" bytea NOT NULL,
      "user_handle" bytea NOT NULL,
      "sign_count" bigint NOT NULL,
      "newest_challenge" timestamptz NOT NULL,
      "name" text NOT NULL,
      "created_at" timestamptz NOT NULL,
      "last_used_at" timestamptz NOT NULL,
      CONSTRAINT "UQ_81b80835fab9dcadaebc6d168ab" UNIQUE ("credential_id"),
      CONSTRAINT "PK_db928e6fd79e7098911268a74c3" PRIMARY KEY ("id"),
      CONSTRAINT "FK_02227b9a8a34a808e3e23800b00" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE
    )`);
    await runner.query('CREATE INDEX "IDX_02227b9a8a34a808e3e23800b0" ON "passkeys" ("user_id")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "passkeys"');
  }
}
