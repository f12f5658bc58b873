import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The use of an organization, summed up by day. What was counted until now is summed up here. The release before goes
 * on counting hours alone: what its nodes count while both run is missing from the sums.
 */
export class UsageDays1700000015000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "usage_days"');
  }
}

const UP = [
  `CREATE TABLE "usage_days" (
      "organization_id" uuid NOT NULL,
      "kind" text NOT NULL,
      "day" date NOT NULL,
      "subject" text NOT NULL,
      "calls" integer NOT NULL,
      "failures" integer NOT NULL,
      CONSTRAINT "PK_usage_days" PRIMARY KEY ("organization_id", "kind", "day", "subject")
    ) WITH (fillfactor = 80)`,
  `CREATE INDEX "IDX_18da3c2d6c4c2350723a23e671" ON "usage_days" ("day")`,
  `INSERT INTO "usage_days" ("organization_id", "kind", "day", "subject", "calls", "failures")
   SELECT "organization_id", "kind", "day", "subject", sum("calls"), sum("failures") FROM (
     SELECT h."organization_id", 'organization' AS "kind", (h."hour" AT TIME ZONE 'UTC')::date AS "day", '' AS "subject", h."calls", h."failures"
       FROM "connection_hours" h
     UNION ALL
     SELECT h."organization_id", 'client', (h."hour" AT TIME ZONE 'UTC')::date, coalesce(c."metadata"->>'client_name', ''), h."calls", h."failures"
       FROM "connection_hours" h JOIN "grants" g ON g."id" = h."grant_id" JOIN "clients" c ON c."id" = g."client_id"
     UNION ALL
     SELECT h."organization_id", 'person', date_trunc('week', h."hour" AT TIME ZONE 'UTC')::date, g."user_id"::text, h."calls", h."failures"
       FROM "connection_hours" h JOIN "grants" g ON g."id" = h."grant_id"
     UNION ALL
     SELECT h."organization_id", 'mcp-tool', (h."hour" AT TIME ZONE 'UTC')::date, t."key", t."value"::integer, 0
       FROM "connection_hours" h, jsonb_each_text(h."tools") t
   ) AS counted GROUP BY 1, 2, 3, 4`,
];
