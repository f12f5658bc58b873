import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Attempts to connect a tool are recorded in three rings of a fixed size. The release before ignores both tables. */
export class Attempts1700000010000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "attempt_rings" (
      "ring" text NOT NULL,
      "next" bigint NOT NULL DEFAULT '0',
      CONSTRAINT "PK_75ad7d316d4c91fba351d1e1300" PRIMARY KEY ("ring")
    )`);
    await runner.query(`INSERT INTO "attempt_rings" ("ring") VALUES ('stranger'), ('request'), ('person')`);
    await runner.query(`CREATE TABLE "attempt_steps" (
      "ring" text NOT NULL,
      "slot" integer NOT NULL,
      "position" bigint NOT NULL,
      "at" timestamptz NOT NULL,
      "attempt" uuid NOT NULL,
      "loose" boolean NOT NULL,
      "kind" text NOT NULL,
      "failed" boolean NOT NULL,
      "rule" text,
      "compared" jsonb NOT NULL,
      "sent" jsonb NOT NULL,
      "support_code" text,
      "client_id" text,
      "client_name" text,
      "user_id" uuid,
      "organization_id" uuid,
      "grant_id" uuid,
      "browser" bytea,
      "address" text NOT NULL,
      "user_agent" text NOT NULL,
      CONSTRAINT "PK_d9182e0c21ba49b0f7fc05a7073" PRIMARY KEY ("ring", "slot")
    )`);
    await runner.query('CREATE INDEX "IDX_8296886d543ba30b072033a4ca" ON "attempt_steps" ("attempt")');
    await runner.query('CREATE INDEX "IDX_578c9c710bbe4c5efb2c6686a2" ON "attempt_steps" ("support_code")');
    await runner.query('CREATE INDEX "IDX_2375964831b2c8967951efe6e2" ON "attempt_steps" ("user_id")');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "attempt_steps"');
    await runner.query('DROP TABLE "attempt_rings"');
  }
}
