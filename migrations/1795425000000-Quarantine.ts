import { MigrationInterface, QueryRunner } from 'typeorm';

export class Quarantine1795425000000 implements MigrationInterface {
  name = 'Quarantine1795425000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "documents" ADD "damaged_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE TABLE "document_quarantine" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "document_id" uuid NOT NULL,
                "part" text NOT NULL,
                "seq" bigint NOT NULL,
                "reason" text NOT NULL,
                "user_id" uuid,
                "bytes" bytea,
                "checksum" bigint,
                "provenance" jsonb,
                "written_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "healed_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "document_quarantine_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "document_quarantine_open_key" ON "document_quarantine" ("document_id", "part", "seq")
            WHERE healed_at IS NULL
        `);
    await queryRunner.query(`
            ALTER TABLE "document_quarantine"
            ADD CONSTRAINT "document_quarantine_document_id_fkey" FOREIGN KEY ("document_id") REFERENCES "documents"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    // Read in pieces: of what is compressed each piece would be unpacked from the beginning.
    for (const column of ['struct_index', 'delete_set']) {
      await queryRunner.query(`ALTER TABLE "document_snapshots" ALTER COLUMN "${column}" SET STORAGE EXTERNAL`);
    }
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of ['struct_index', 'delete_set']) {
      await queryRunner.query(`ALTER TABLE "document_snapshots" ALTER COLUMN "${column}" SET STORAGE EXTENDED`);
    }
    await queryRunner.query(`
            DROP TABLE "document_quarantine"
        `);
    await queryRunner.query(`
            ALTER TABLE "documents" DROP COLUMN "damaged_at"
        `);
  }
}
