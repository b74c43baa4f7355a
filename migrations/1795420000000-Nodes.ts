import { MigrationInterface, QueryRunner } from 'typeorm';

export class Nodes1795420000000 implements MigrationInterface {
  name = 'Nodes1795420000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "nodes" (
                "id" text NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "nodes_pkey" PRIMARY KEY ("id")
            )
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "nodes"');
  }
}
