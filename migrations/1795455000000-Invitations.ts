import { MigrationInterface, QueryRunner } from 'typeorm';

export class Invitations1795455000000 implements MigrationInterface {
  name = 'Invitations1795455000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "audit_events" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "action" text NOT NULL,
                "actor_id" uuid,
                "project_id" uuid,
                "target" text,
                "address" text,
                "details" jsonb NOT NULL DEFAULT '{}',
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "audit_events_project_id_idx" ON "audit_events" ("project_id", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "audit_events_actor_id_idx" ON "audit_events" ("actor_id", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "audit_events_target_idx" ON "audit_events" ("target", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "audit_events_created_at_idx" ON "audit_events" ("created_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "project_links" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "kind" text NOT NULL,
                "project_id" uuid NOT NULL,
                "token_hash" bytea NOT NULL,
                "role" text NOT NULL,
                "email" text,
                "name" text,
                "document_id" uuid,
                "uses" integer NOT NULL DEFAULT '0',
                "created_by" uuid NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "project_links_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "project_links_project_id_idx" ON "project_links" ("project_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "project_links_expires_at_idx" ON "project_links" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "project_links_token_hash_key" ON "project_links" ("token_hash")
        `);
    await queryRunner.query(`
            ALTER TABLE "project_links"
            ADD CONSTRAINT "project_links_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "project_members" ADD "link_id" uuid
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "project_members" DROP COLUMN "link_id"');
    await queryRunner.query('DROP TABLE "project_links"');
    await queryRunner.query('DROP TABLE "audit_events"');
  }
}
