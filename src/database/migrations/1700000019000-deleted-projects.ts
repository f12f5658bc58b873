import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where projects go that are deleted. The release before knows nothing of it: what it deletes is gone at once. */
export class DeletedProjects1700000019000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "deleted_projects" (
      "id" uuid NOT NULL,
      "organization_id" uuid NOT NULL,
      "name" text NOT NULL,
      "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      "deleted_at" TIMESTAMP WITH TIME ZONE NOT NULL,
      "deleted_by" uuid NOT NULL,
      CONSTRAINT "PK_deleted_projects" PRIMARY KEY ("id"),
      CONSTRAINT "FK_3ef9fa641e01ea4720e391f84be" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE NO ACTION
    )`);
    await runner.query(
      'CREATE INDEX "IDX_f929afa71191fe65ca6a5c961d" ON "deleted_projects" ("organization_id", "deleted_at")',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE "deleted_projects"');
  }
}
