import { MigrationInterface, QueryRunner } from 'typeorm';

export class Changes1795427000000 implements MigrationInterface {
  name = 'Changes1795427000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "changes" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "transaction" bigint NOT NULL,
                "change" jsonb NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "changes_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "changes_transaction_idx" ON "changes" ("transaction")
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "changes"');
  }
}
