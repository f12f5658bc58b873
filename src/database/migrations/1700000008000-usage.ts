import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Connections are counted, narrowed, and listed by index. The release before ignores what is new. By hand: the
 * fillfactor of the tables whose rows are updated in place, and that what is connected now was used when it was last
 * refreshed.
 */
export class Usage1700000008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}

const UP = [
  `CREATE TABLE "connection_hours" (
      "grant_id" uuid NOT NULL,
      "hour" timestamptz NOT NULL,
      "organization_id" uuid NOT NULL,
      "calls" integer NOT NULL,
      "failures" integer NOT NULL,
      "scopes" text array NOT NULL,
      "tools" jsonb NOT NULL,
      CONSTRAINT "PK_7cbc29ec1f13e9c8191cc0d23c1" PRIMARY KEY ("grant_id", "hour")
    ) WITH (fillfactor = 80)`,
  `CREATE TABLE "connection_uses" (
      "grant_id" uuid NOT NULL,
      "organization_id" uuid NOT NULL,
      "used_at" timestamptz NOT NULL,
      "address" text NOT NULL,
      CONSTRAINT "PK_920edf75f29ae819871936e0794" PRIMARY KEY ("grant_id")
    ) WITH (fillfactor = 80)`,
  `ALTER TABLE "grants" ADD "withdrawn" text array`,
  `ALTER TABLE "grants" ADD "connected_from" text`,
  `ALTER TABLE "grants" ADD "last_address" text`,
  `CREATE INDEX "IDX_b99bb1260fe6ef24f7619e6cb3" ON "connection_hours" ("organization_id", "hour")`,
  `CREATE INDEX "IDX_0b4952caca42ff8b03a2434596" ON "connection_hours" ("hour")`,
  `CREATE INDEX "IDX_aa4725e870243b3f1b2a3e9972" ON "grants" ("organization_id", "created_at", "id")`,
  `DROP INDEX "IDX_1818f1972ca5383e0091e7071c"`,
  `INSERT INTO "connection_uses" ("grant_id", "organization_id", "used_at", "address")
   SELECT "id", "organization_id", "last_used_at", '' FROM "grants" WHERE "last_used_at" IS NOT NULL AND "revoked_at" IS NULL`,
  `CREATE INDEX "IDX_eae78651be750860ac79b77a1e" ON "connection_uses" ("organization_id", "used_at", "grant_id")`,
];

const DOWN = [
  `CREATE INDEX "IDX_1818f1972ca5383e0091e7071c" ON "grants" ("organization_id", "created_at")`,
  `DROP INDEX "IDX_aa4725e870243b3f1b2a3e9972"`,
  `ALTER TABLE "grants" DROP COLUMN "last_address"`,
  `ALTER TABLE "grants" DROP COLUMN "connected_from"`,
  `ALTER TABLE "grants" DROP COLUMN "withdrawn"`,
  `DROP TABLE "connection_uses"`,
  `DROP TABLE "connection_hours"`,
];
