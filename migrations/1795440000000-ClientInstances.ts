import { MigrationInterface, QueryRunner } from 'typeorm';

export class ClientInstances1795440000000 implements MigrationInterface {
  name = 'ClientInstances1795440000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "document_clients" ADD "instance" text');
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "document_clients" DROP COLUMN "instance"');
  }
}
