import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is swept, what is left of connections that were, and how tables grow. The release before knows nothing of it.
 */
export class Sweeps1700000017000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "sweeps" (
      "table_name" text NOT NULL,
      "ran_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      "removed" integer NOT NULL DEFAULT 0,
      "removed_in_all" bigint NOT NULL DEFAULT 0,
      CONSTRAINT "PK_sweeps" PRIMARY KEY ("table_name")
    )`);
    await runner.query(`CREATE TABLE "table_sizes" (
      "table_name" text NOT NULL,
      "day" date NOT NULL,
      "rows" bigint NOT NULL,
      CONSTRAINT "PK_table_sizes" PRIMARY KEY ("table_name", "day")
    )`);
    await runner.query(`CREATE TABLE "former_connections" (
      "id" uuid NOT NULL,
      "organization_id" uuid NOT NULL,
      "client_id" uuid NOT NULL,
      CONSTRAINT "PK_former_connections" PRIMARY KEY ("id")
    )`);
    await runner.query('CREATE INDEX "former_connections_client" ON "former_connections" ("client_id")');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['former_connections', 'table_sizes', 'sweeps']) await runner.query(`DROP TABLE "${table}"`);
  }
}
