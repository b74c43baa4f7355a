import { MigrationInterface, QueryRunner } from 'typeorm';

/** What a deletion takes along is found by an index: the deletion of one document read all AI requests. */
export class CascadeIndexes1795441000000 implements MigrationInterface {
  name = 'CascadeIndexes1795441000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE INDEX "documents_project_id_idx" ON "documents" ("project_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "document_quarantine_document_id_idx" ON "document_quarantine" ("document_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "ai_requests_document_id_idx" ON "ai_requests" ("document_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "ai_requests_project_id_idx" ON "ai_requests" ("project_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "ai_requests_user_id_idx" ON "ai_requests" ("user_id")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "ai_requests_user_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "ai_requests_project_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "ai_requests_document_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "document_quarantine_document_id_idx"
        `);
    await queryRunner.query(`
            DROP INDEX "documents_project_id_idx"
        `);
  }
}
