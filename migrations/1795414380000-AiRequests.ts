import { MigrationInterface, QueryRunner } from 'typeorm';

export class AiRequests1795414380000 implements MigrationInterface {
  name = 'AiRequests1795414380000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "ai_requests" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "kind" text NOT NULL,
                "state" text NOT NULL DEFAULT 'waiting',
                "key" text NOT NULL,
                "attempt" integer NOT NULL DEFAULT '0',
                "user_id" uuid,
                "project_id" uuid NOT NULL,
                "document_id" uuid,
                "question" jsonb,
                "suggestion" json,
                "texts" json,
                "deltas" integer NOT NULL DEFAULT '0',
                "visibility" text NOT NULL DEFAULT 'off',
                "model" text,
                "usage" jsonb,
                "note" text,
                "alive_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "finished_at" TIMESTAMP WITH TIME ZONE,
                "closed_at" TIMESTAMP WITH TIME ZONE,
                "closed_outcome" text,
                "closed_by" uuid,
                "accepted" jsonb NOT NULL DEFAULT '[]',
                "accepted_length" integer,
                "alternative" integer,
                CONSTRAINT "ai_requests_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "ai_requests_live_one" ON "ai_requests" ("user_id", "document_id")
            WHERE kind = 'completion' AND state IN ('waiting', 'running')
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "ai_requests_live_key" ON "ai_requests" ("key")
            WHERE state IN ('waiting', 'running')
        `);
    await queryRunner.query(`
            CREATE INDEX "ai_requests_live_idx" ON "ai_requests" ("alive_at")
            WHERE state IN ('waiting', 'running')
        `);
    await queryRunner.query(`
            CREATE INDEX "ai_requests_open_idx" ON "ai_requests" ("document_id", "user_id")
            WHERE kind = 'completion' AND closed_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "ai_requests_created_at_idx" ON "ai_requests" ("created_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "document_updates_provenance_idx" ON "document_updates" ("document_id")
            WHERE provenance IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE TABLE "document_diagnostics" (
                "document_id" uuid NOT NULL,
                "source" text NOT NULL,
                "run_id" uuid NOT NULL,
                "seq" bigint NOT NULL,
                "state_vector" bytea NOT NULL,
                "diagnostics" json NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "document_diagnostics_pkey" PRIMARY KEY ("document_id", "source")
            )
        `);
    await queryRunner.query(`
            ALTER TABLE "ai_requests"
            ADD CONSTRAINT "ai_requests_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "ai_requests"
            ADD CONSTRAINT "ai_requests_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "ai_requests"
            ADD CONSTRAINT "ai_requests_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "document_diagnostics"
            ADD CONSTRAINT "document_diagnostics_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX "document_updates_provenance_idx"');
    await queryRunner.query('DROP TABLE "document_diagnostics"');
    await queryRunner.query('DROP TABLE "ai_requests"');
  }
}
