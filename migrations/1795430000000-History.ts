import { MigrationInterface, QueryRunner } from 'typeorm';

export class History1795430000000 implements MigrationInterface {
  name = 'History1795430000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "documents" ADD "history_seq" bigint NOT NULL DEFAULT '0'
        `);
    await queryRunner.query(`
            ALTER TABLE "documents" ADD "history_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            ALTER TABLE "documents" ADD "epoch_seq" bigint NOT NULL DEFAULT '0'
        `);
    await queryRunner.query(`
            CREATE TABLE "document_versions" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "document_id" uuid NOT NULL,
                "name" text NOT NULL,
                "seq" bigint NOT NULL,
                "snapshot_id" uuid NOT NULL,
                "created_by" uuid NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "document_versions_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "document_versions_document_id_idx" ON "document_versions" ("document_id", "seq")
        `);
    // Asked for each snapshot that goes, by the foreign key as well.
    await queryRunner.query(`
            CREATE INDEX "document_versions_snapshot_id_idx" ON "document_versions" ("snapshot_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "document_versions"
            ADD CONSTRAINT "document_versions_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "document_versions"
            ADD CONSTRAINT "document_versions_snapshot_id_fkey" FOREIGN KEY ("snapshot_id") REFERENCES "document_snapshots"("id") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "document_versions"
        `);
    await queryRunner.query(`
            ALTER TABLE "documents" DROP COLUMN "epoch_seq"
        `);
    await queryRunner.query(`
            ALTER TABLE "documents" DROP COLUMN "history_at"
        `);
    await queryRunner.query(`
            ALTER TABLE "documents" DROP COLUMN "history_seq"
        `);
  }
}
